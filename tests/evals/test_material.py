from itertools import islice

import numpy as np
import pytest

from duologue.evals import material
from duologue.evals.material import hesitating, last_audible, pictures, rng_of, say, talks, wishes
from duologue.training.synthesize.voices import voice_split


def test_the_same_seed_gives_the_same_material() -> None:
    assert list(islice(talks(1, "train"), 5)) == list(islice(talks(1, "train"), 5))
    assert list(islice(talks(1, "train"), 5)) != list(islice(talks(2, "train"), 5))
    one, other = (say("Good morning.", "unseen voice", rng_of("x", 1)) for _ in range(2))
    assert one.voice == other.voice
    assert np.array_equal(one.samples, other.samples)
    assert [w.prompt for w in islice(wishes(1), 3)] == [w.prompt for w in islice(wishes(1), 3)]


def test_voices_are_those_that_were_promised() -> None:
    rng = rng_of("voices", 0)
    names = {material.choose_voice("unseen voice", rng) for _ in range(40)}
    assert {voice_split(name) for name in names} == {"unseen_voice"}
    assert {name.split("-")[0] for name in names} == {"flite", "espeak"}


def test_speech_ends_where_it_can_be_heard_no_more() -> None:
    tone = np.sin(np.arange(1600, dtype=np.float32))
    assert last_audible(np.concatenate([tone, np.zeros(800, np.float32)])) == pytest.approx(1600, abs=3)
    assert last_audible(np.zeros(10, np.float32)) == 0


def test_a_hesitation_is_silence_inside_a_sentence() -> None:
    speech, begin, end = hesitating("What is the capital of Italy?", rng_of("h", 0))
    assert 0 < begin < end < len(speech.samples)
    assert not speech.samples[begin:end].any()
    assert 0.5 <= (end - begin) / 16000 <= 1.5


def test_one_word_can_be_hesitated_over() -> None:
    speech, begin, end = hesitating("Hello.", rng_of("h", 1))
    assert begin < end < speech.end


def test_pictures_carry_what_a_right_answer_contains() -> None:
    for one in islice(pictures(0, "charts", "train"), 3):
        assert one.key
        assert material.answer_is_right(one.answer, one.key)
