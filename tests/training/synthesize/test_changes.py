import numpy as np

from duologue.training.synthesize.changes import what_changed
from duologue.training.synthesize.spoken import answer_is_right


def test_frames_differ_unless_nothing_changed() -> None:
    rng = np.random.default_rng(0)
    kinds = set()
    for _ in range(150):
        change = what_changed(rng)
        kinds.add(change.kind)
        assert change.before.shape == change.after.shape == (96, 96, 3)
        assert np.array_equal(change.before, change.after) == (change.kind == "nothing")
        assert answer_is_right(change.answer, change.key), change.answer
    assert kinds == {"appeared", "gone", "color", "moved", "size", "face", "nothing"}
