"""How the events of a session become a transcript."""

from __future__ import annotations

import numpy as np

from duologue.commands.answer import LANGUAGES, SOUNDS, Question, Transcript
from duologue.engine import Event, Heard, SpeechStarted
from duologue.model import tokens


def test_the_tags_are_those_of_the_vocabulary() -> None:
    assert LANGUAGES == tokens.LANGUAGES
    assert SOUNDS == tokens.SOUNDS


def heard(*events: Event) -> Transcript:
    transcript = Transcript()
    for event in events:
        transcript.add([event])
    return transcript


def test_pieces_of_words_are_joined_as_they_come() -> None:
    transcript = heard(SpeechStarted(0), Heard(" What"), Heard(" ti"), Heard("me"), Heard("?"))
    assert transcript.to_json()["text"] == "What time?"
    assert transcript.is_open


def test_two_utterances_are_set_apart() -> None:
    end = Heard("", ("en", "happy"), complete=True)
    transcript = heard(Heard("Hello."), end, Heard("Who"), Heard(" is it?"))
    assert transcript.to_json() == {"text": "Hello. Who is it?", "language": "en", "emotion": "happy"}


def test_the_language_heard_most_often_is_the_language() -> None:
    transcript = heard(*(Heard("ja ", (tag,), complete=True) for tag in ("de", "en", "de")))
    assert transcript.to_json()["language"] == "de"


def test_sounds_are_not_moods() -> None:
    transcript = heard(Heard("", ("bell",)), Heard("Hi.", ("en", "calm")), Heard("", ("dog",), complete=True))
    assert transcript.sounds == ["bell", "dog"]
    assert transcript.to_json()["emotion"] == "calm"
    assert not transcript.is_open


def test_what_counts_as_a_recording_of_nothing() -> None:
    quiet, click = np.full(16000, 1e-4, np.float32), np.zeros(16000, np.float32)
    click[8000:12000] = 0.1
    assert Question(sound=quiet).is_silence
    assert not Question(sound=click).is_silence
    assert not Question(text="hello", sound=quiet).is_silence
    assert not Question(text="hello").is_silence
