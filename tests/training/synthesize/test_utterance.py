"""Text is cut into words, silence is cut off, levels are set."""

from itertools import pairwise

import numpy as np
import pytest

from duologue.model.mel import SAMPLE_RATE
from duologue.training.synthesize.utterance import (
    Phoneme,
    Spoken,
    Word,
    levelled,
    prepare,
    spread,
    timed_words,
    trim,
    written_words,
)


def test_text_is_prepared_with_plain_marks_and_only_what_can_be_said() -> None:
    assert prepare("“It’s”  a — well…\tnice \ud800 day !") == '"It\'s" a, well... nice day'
    assert [c.text for c in written_words(prepare("(Mr. O’Neil's) well-known 3.5% …"))] == [
        *("Mr", "O'Neil's", "well-known", "3.5")
    ]


def test_times_are_shared_by_letters() -> None:
    words = spread(written_words("a bcd ef"), 1.0, 10.0)
    assert [(w.text, w.start, w.end) for w in words] == [("a", 1, 3), ("bcd", 3, 7), ("ef", 7, 10)]


def test_a_word_without_a_time_of_its_own_becomes_a_point_in_order() -> None:
    sounds = [Phoneme("pau", 0, 0.2), Phoneme("a", 0.2, 0.5), Phoneme("b", 0.5, 0.9)]
    chunks = written_words("one two three")
    words = timed_words(chunks, [(0.2, 0.5), (0.0, 0.0), (0.5, 0.9)], sounds)
    assert [(w.start, w.end) for w in words] == [(0.2, 0.5), (0.5, 0.5), (0.5, 0.9)]
    shared = timed_words(chunks, [(0.2, 0.9)], sounds)
    assert shared[0].start == 0.2
    assert shared[-1].end == pytest.approx(0.9)
    assert all(a.end == b.start for a, b in pairwise(shared))
    with pytest.raises(RuntimeError, match="only silence"):
        timed_words(chunks, [], [Phoneme("pau", 0, 1)])


def test_silence_is_trimmed_and_times_move_with_it() -> None:
    samples = np.zeros(SAMPLE_RATE, np.float32)
    samples[4800:9600] = 0.2  # 0.3 to 0.6 s
    spoken = trim(Spoken(samples, (Word("hm", 0.3, 0.6),), (Phoneme("pau", 0, 0.3), Phoneme("m", 0.3, 0.6))))
    assert len(spoken.samples) == pytest.approx(0.34 * SAMPLE_RATE, abs=80)
    assert spoken.words[0].start == pytest.approx(0.02, abs=0.006)
    assert spoken.words[0].end == pytest.approx(0.32, abs=0.006)
    assert spoken.phonemes[0].start == 0.0
    with pytest.raises(RuntimeError, match="only silence"):
        trim(Spoken(np.zeros(3000, np.float32), (), ()))
    with pytest.raises(RuntimeError, match="only silence"):
        trim(Spoken(np.zeros(3, np.float32), (), ()))


def test_level_is_set_and_peaks_are_bent_below_full_scale() -> None:
    rng = np.random.default_rng(0)
    quiet = levelled(rng.standard_normal(16_000).astype(np.float32) * 1e-3)
    assert 20 * np.log10(quiet.std()) == pytest.approx(-23, abs=0.1)
    assert np.abs(levelled(quiet, -3.0)).max() <= 1.0
