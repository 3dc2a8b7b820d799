"""Alignment: speech is followed to well within a frame, and what cannot be followed gets sensible times."""

import numpy as np
import pytest

from duologue.training.align import align, follow, phones
from duologue.training.synthesize.utterance import Word
from duologue.training.synthesize.voices import speak

FRAME_S = 0.08


def burst(seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.random.default_rng(0).normal(0, 0.1, int(seconds * 16000)).astype(np.float32)


def in_order(words: tuple[Word, ...]) -> bool:
    times = [time for word in words for time in (word.start, word.end)]
    return times == sorted(times)


def test_speech_is_followed_to_well_within_a_frame() -> None:
    spoken = speak("He followed the direction of her gaze, and smiled.", "flite-slt")
    silence = np.zeros(4800, np.float32)
    found = follow(np.concatenate([silence, spoken.samples, silence]), spoken.text)
    assert found.followed
    assert [word.text for word in found.words] == [word.text for word in spoken.words]
    late = [abs(ours.end - 0.3 - true.end) for ours, true in zip(found.words, spoken.words, strict=True)]
    assert np.median(late) < FRAME_S / 2
    assert max(late) < 2 * FRAME_S
    assert in_order(found.words)


def test_the_times_do_not_depend_on_what_was_heard_before() -> None:
    spoken = speak("Once upon a time there was a little girl.", "flite-rms")
    first = align(spoken.samples, spoken.text)
    align(speak("Something else, and louder.", "flite-slt").samples * 3, "Something else, and louder.")
    assert align(spoken.samples, spoken.text) == first


def test_written_words_stay_whole_and_unknown_ones_are_spelled_out() -> None:
    spoken = speak("The westward-faring Zorblax won the steward's race.", "flite-rms")
    found = follow(spoken.samples, spoken.text)
    assert found.followed
    written = ["The", "westward-faring", "Zorblax", "won", "the", "steward's", "race"]
    assert [word.text for word in found.words] == written


def test_what_is_no_speech_shares_out_its_sounding_part() -> None:
    silence = np.zeros(8000, np.float32)
    found = follow(np.concatenate([silence, burst(1.0), silence]), "Hello, you there!")
    assert not found.followed
    assert [word.text for word in found.words] == ["Hello", "you", "there"]
    assert in_order(found.words)
    assert found.words[0].start == pytest.approx(0.5, abs=0.02)
    assert found.words[-1].end == pytest.approx(1.5, abs=0.02)


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.05])
def test_too_short_for_its_words(seconds: float) -> None:
    words = align(burst(seconds), "hello there, how are you today?")
    assert len(words) == 6
    assert in_order(words)
    assert words[-1].end <= seconds


def test_silence_and_numbers_are_shared_out() -> None:
    assert not follow(np.zeros(16000, np.float32), "hello there").followed
    assert not follow(burst(1.0), "S3 costs 20").followed


def test_a_text_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to say"):
        align(burst(1.0), " ... ")


def test_letters_become_phones() -> None:
    assert phones("ship") == "SH IH P"
    assert phones("schön", "de") == "SH ER N"
    assert phones("ñ", "es") == "N Y"
    assert phones("çà") == "K AH"
    assert phones("щ") == "AH", "a letter of no alphabet we know still sounds"
