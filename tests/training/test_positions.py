"""Conversations are laid down as docs/positions.md says."""

from collections.abc import Sequence

import numpy as np
import pytest

from duologue.model.tokens import (
    ASSISTANT,
    DRAW,
    DRAWN,
    END,
    NOBODY,
    PAD,
    PATCH,
    QUIET,
    REPLY,
    SOUND,
    TYPED,
    USER,
    WRITE,
    YIELD,
    Vocabulary,
)
from duologue.training.positions import IGNORE, Own, Track, Writer, pack_mel, schedule, transcript, unpack_mel
from duologue.training.synthesize.duplex import Heard, Timeline

VOCABULARY = Vocabulary.train(["hello there what is it I see rome stop"] * 9, 330)
MEL = np.zeros((8, 80), np.uint8)
NEUTRAL = VOCABULARY.id("<neutral>")


def own(frames: int, *words: tuple[str, float, float]) -> Own:
    return Own(np.full((frames, 8, 80), 9, np.uint8), words, 0, "neutral")


def names(tokens: Sequence[int]) -> list[str]:
    return [VOCABULARY.name(int(token)) or VOCABULARY.decode([int(token)]) for token in tokens]


def test_mel_survives_a_byte() -> None:
    mel = np.linspace(-1.6, 2.4, 640, dtype=np.float32).reshape(8, 80)
    np.testing.assert_allclose(unpack_mel(pack_mel(mel)), mel, atol=0.01)


def test_a_live_reply_begins_between_two_frames() -> None:
    writer = Writer(VOCABULARY)
    writer.frame(MEL, PAD, ASSISTANT)
    writer.speak(own(3, ("hello", 0.0, 0.2)))
    for _ in range(4):
        writer.frame(MEL, PAD, ASSISTANT)
    track = writer.track("")
    assert track.kind.tolist() == [SOUND, QUIET, QUIET, QUIET, SOUND, SOUND, SOUND, SOUND]
    hello = VOCABULARY.encode("hello")
    given = [*hello, *[PAD] * (3 - len(hello))]
    assert track.text.tolist() == [PAD, REPLY, NEUTRAL, *given, PAD, END][: len(track)]
    assert track.text_target.tolist()[1:7] == [NEUTRAL, hello[0], *given[1:], PAD, END]
    assert track.slot.tolist() == [-1, -1, -1, 0, 1, 2, -1, -1]
    assert track.text_target[7] == IGNORE


def test_a_reply_that_is_cut_is_told_so() -> None:
    writer = Writer(VOCABULARY)
    writer.speak(own(9, ("hello", 0.0, 0.5)))
    writer.frame(MEL, PAD, YIELD)
    writer.stop()
    writer.frame(MEL, PAD, USER)
    writer.frame(MEL, PAD, USER)
    track = writer.track("")
    assert track.text.tolist()[-2:] == [END, PAD]
    assert (track.slot[-2:] == -1).all()


def test_typed_and_written() -> None:
    writer = Writer(VOCABULARY)
    writer.read(TYPED, "hello")
    writer.write("there")
    track = writer.track("")
    typed, there = VOCABULARY.encode("hello"), VOCABULARY.encode("there")
    assert track.heard.tolist()[: len(typed) + 2] == [TYPED, *typed, END]
    assert track.text.tolist()[len(typed) + 2 :] == [WRITE, *there]
    assert track.text_target.tolist()[len(typed) + 2 :] == [*there, END]


def test_words_come_before_their_sound_and_in_order() -> None:
    tokens = schedule(VOCABULARY, [("hello", 0.3, 0.5), ("there", 1.0, 1.4)])
    slots = [slot for slot, _ in tokens]
    assert slots[0] == 0
    assert slots == sorted(set(slots))
    assert {token: slot for slot, token in tokens}[VOCABULARY.encode(" there")[0]] == 12 - 2


def test_a_short_last_word_gets_the_time_its_tokens_need() -> None:
    writer = Writer(VOCABULARY)
    writer.speak(own(2, ("xylophone", 0.0, 0.1)))
    writer.finish()
    track = writer.track("")
    assert VOCABULARY.decode([t for t in track.text.tolist() if t > 60]) == "xylophone"
    assert len(track.own) == track.slot.max() + 1


def test_the_transcript_follows_each_word() -> None:
    stream = transcript(VOCABULARY, [("what", 0.0, 0.16), ("is", 0.16, 0.8)], ("en", "sad"), 30)
    begin = int(np.flatnonzero(stream)[0])
    assert begin == 3
    said = [int(token) for token in stream if token != PAD]
    assert VOCABULARY.decode(said) == "what is"
    assert names(said)[-3:] == ["en", "sad", "end"]
    assert np.flatnonzero(stream)[len(VOCABULARY.encode("what"))] >= 11


def test_pictures_and_drawings() -> None:
    writer = Writer(VOCABULARY)
    writer.see(np.zeros((32, 48, 3), np.uint8))
    writer.draw(np.zeros((64, 64, 3), np.uint8))
    track = writer.track("")
    assert track.kind.tolist() == [PATCH] * 6 + [DRAWN] * 64
    assert track.place[:6].tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    assert (track.text[6:] == DRAW).all()
    assert track.place[6 + 63].tolist() == [7, 7]


def heard(seconds: float) -> Heard:
    samples = np.random.default_rng(0).normal(0, 0.1, int(seconds * 16_000)).astype(np.float32)
    return Heard(samples, [("hello", 0.0, seconds)], ("en", "neutral"))


def lay(line: Timeline) -> Track:
    return line.track(line.channel(), 0, "live")


@pytest.fixture
def line() -> Timeline:
    return Timeline(np.random.default_rng(0), VOCABULARY)


def turns(track: Track) -> list[int]:
    return [int(turn) for turn in track.turn_target[track.kind == SOUND]]


def test_the_turn_passes_two_frames_after_the_speech(line: Timeline) -> None:
    line.wait(3)
    end = line.listen(heard(0.8))
    line.reply(own(5, ("hello", 0.0, 0.3)), np.zeros(5 * 1280, np.float32))
    line.wait(4)
    labels = turns(lay(line))
    assert labels[:4] == [NOBODY] * 4
    assert labels[4 : end + 2] == [USER] * (end - 2)
    assert labels[end + 2 : end + 2 + 6] == [ASSISTANT] * 6
    assert labels[end + 9 :] == [NOBODY] * (len(labels) - end - 9)


def test_an_interruption_cuts_the_reply(line: Timeline) -> None:
    line.listen(heard(0.5))
    line.reply(own(30, ("hello", 0.0, 2.0)), np.zeros(30 * 1280, np.float32))
    begin = line.replies[-1].begin
    line.interrupt(heard(1.0), begin + 5)
    line.wait(2)
    labels = turns(lay(line))
    cut = line.replies[-1].cut
    assert cut is not None
    assert labels[begin : begin + 7] == [ASSISTANT] * 7
    assert labels[begin + 7 : cut + 1] == [YIELD] * (cut - begin - 6)
    assert labels[cut + 1] == USER


def test_a_backchannel_and_a_noise_leave_the_reply_alone(line: Timeline) -> None:
    line.listen(heard(0.5))
    line.reply(own(30, ("hello", 0.0, 2.0)), np.zeros(30 * 1280, np.float32))
    begin = line.replies[-1].begin
    line.murmur(heard(0.3), begin + 5)
    line.noise(np.full(8000, 0.1, np.float32), begin + 15, "bell")
    track = lay(line)
    assert turns(track)[begin : begin + 30] == [ASSISTANT] * 30
    assert VOCABULARY.id("<bell>") in track.heard_target
    assert track.text_target.tolist().count(END) == 1
