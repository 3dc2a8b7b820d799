import numpy as np

from duologue.training.synthesize.faces import MOODS, Face, face_question, render_face


def test_moods_look_different() -> None:
    images = [
        render_face(Face(mood, (250, 215, 70), None, glasses=False, hat=False), 96, (255, 255, 255))
        for mood in MOODS
    ]
    for i, first in enumerate(images):
        for second in images[:i]:
            assert (np.abs(first.astype(int) - second).max(axis=2) > 60).sum() > 40


def test_a_question_about_a_smile_is_answered_by_the_mood() -> None:
    rng = np.random.default_rng(0)
    asked = [face_question(rng) for _ in range(300)]
    smiles = [question for question in asked if "smil" in question.question]
    assert {question.key for question in smiles} == {"yes", "no"}
    assert all(("No," in question.answer) == (question.key == "no") for question in smiles)
