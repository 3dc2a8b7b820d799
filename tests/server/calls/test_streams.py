"""The steady streams of a call: what was heard, what is played, and their rates. No clock, no network."""

from __future__ import annotations

import numpy as np
import pytest

from duologue.server.calls.frames import HEADER, Frame, Kind, Played, Reader, Stage, split_reply, with_reply
from duologue.server.calls.inflow import LATE_S, Inflow
from duologue.server.calls.outflow import MOST_SECONDS, RATE, TICK, Outflow
from duologue.server.calls.thirds import FromThird, ToThird
from duologue.sound import SAMPLE_RATE, Samples


def tone(seconds: float, hertz: float = 440.0, rate: int = SAMPLE_RATE) -> Samples:
    return np.asarray(0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate), np.float32)


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.asarray(samples, np.float64) ** 2)))


# Frames


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_frames_survive_any_chopping(step: int) -> None:
    sent = [Frame(Kind.TEXT, 3, b"{}"), Frame(Kind.HEARD, 4, bytes(640)), Frame(Kind.CLEAR, 3)]
    content = b"".join(frame.encode() for frame in sent)
    reader = Reader()
    got = [frame for at in range(0, len(content), step) for frame in reader.push(content[at : at + step])]
    assert got == sent


def test_a_frame_too_long_is_our_mistake() -> None:
    with pytest.raises(AssertionError):
        list(Reader().push(HEADER.pack(1 << 30, Kind.TEXT, 1)))


def test_payloads_come_back() -> None:
    assert split_reply(with_reply(9, b"ab")) == (9, b"ab")
    assert Played.decode(Played(9, 320, Stage.CLEARED).encode()) == Played(9, 320, Stage.CLEARED)


# Rates


@pytest.mark.parametrize("hertz", [200.0, 1000.0, 5000.0])
def test_sound_survives_a_third_of_its_rate(hertz: float) -> None:
    whole = ToThird().push(tone(0.5, hertz, RATE))
    assert len(whole) == SAMPLE_RATE // 2
    assert loudness(whole[100:]) == pytest.approx(loudness(tone(0.5, hertz)), rel=0.02)
    back = FromThird().push(whole)
    assert loudness(back[300:]) == pytest.approx(loudness(tone(0.5, hertz)), rel=0.03)


def test_what_16_khz_cannot_hold_is_gone() -> None:
    assert loudness(ToThird().push(tone(0.5, 11_000.0, RATE))[100:]) < 0.005


@pytest.mark.parametrize("step", [1, 100, 961])
def test_any_chopping_gives_the_same_sound(step: int) -> None:
    sound = tone(0.1, 700.0, RATE)
    down, up = ToThird(), FromThird()
    chopped = [down.push(sound[at : at + step]) for at in range(0, len(sound), step)]
    np.testing.assert_allclose(np.concatenate(chopped), ToThird().push(sound), atol=1e-6)
    low = ToThird().push(sound)
    raised = [up.push(low[at : at + step]) for at in range(0, len(low), step)]
    np.testing.assert_allclose(np.concatenate(raised), FromThird().push(low), atol=1e-6)


# What is heard


def test_packets_that_come_are_heard_as_they_are() -> None:
    inflow, sound = Inflow(0.0), tone(0.02)
    for number in range(1, 100):
        assert inflow.arrived(sound, number * 0.02) is sound
        assert not len(inflow.tick(number * 0.02 + 0.01))


def test_packets_that_stay_away_are_heard_as_silence() -> None:
    inflow = Inflow(0.0)
    silence = sum(len(inflow.tick(number * 0.02)) for number in range(1, 51))
    assert silence == SAMPLE_RATE  # a second of it in a second


def test_a_late_burst_is_heard_whole_and_silence_makes_up_for_it() -> None:
    inflow, sound, quiet = Inflow(0.0), tone(0.02), np.zeros(320, np.float32)
    for number in range(1, 26):
        inflow.tick(number * 0.02)
    burst = sum(len(inflow.arrived(sound, 0.5)) for _ in range(25))
    assert burst == SAMPLE_RATE // 2
    later = sum(len(inflow.arrived(quiet, 0.5 + number * 0.02)) for number in range(1, 101))
    assert later <= SAMPLE_RATE * (2 - 0.5 + 0.2)


def test_a_flood_is_not_heard_whole() -> None:
    inflow, sound = Inflow(0.0), tone(0.02)
    assert sum(len(inflow.arrived(sound, 0.0)) for _ in range(1000)) < SAMPLE_RATE * 3


def test_jitter_adds_no_silence() -> None:
    inflow, sound = Inflow(0.0), tone(0.02)
    for number in range(0, 100, 5):  # five packets at once, every 100 ms
        assert not len(inflow.tick(number * 0.02 + LATE_S - 0.03))
        for _ in range(5):
            assert len(inflow.arrived(sound, (number + 5) * 0.02))


# What is played


def pulled(outflow: Outflow, ticks: int) -> tuple[np.ndarray, list[Played]]:
    sound, told = [], list[Played]()
    for _ in range(ticks):
        part, news = outflow.pull()
        assert part.shape == (TICK,)
        sound.append(part)
        told += news
    return np.concatenate(sound) / 32768.0, told


def test_nothing_said_is_silence() -> None:
    sound, told = pulled(Outflow(), 3)
    assert not sound.any() and not told


def test_a_reply_is_played_whole_and_counted() -> None:
    outflow = Outflow()
    outflow.push(1, tone(0.08))
    outflow.push(1, tone(0.08))
    outflow.said_all(1)
    sound, told = pulled(outflow, 10)
    assert loudness(sound[: 8 * TICK]) == pytest.approx(loudness(tone(0.16)), rel=0.05)
    assert not sound[8 * TICK :].any()
    assert [played.stage for played in told] == [Stage.STARTED, *[Stage.GOING_ON] * 7, Stage.STOPPED]
    assert [played.samples for played in told] == [*range(320, 2561, 320), 2560]


def test_a_reply_waits_for_a_little_store_and_again_when_it_ran_dry() -> None:
    outflow = Outflow()
    outflow.push(1, tone(0.02))
    assert not pulled(outflow, 1)[0].any()
    outflow.push(1, tone(0.02))
    assert pulled(outflow, 2)[0].any()
    assert not pulled(outflow, 1)[0].any()
    outflow.push(1, tone(0.02))
    assert not pulled(outflow, 1)[0].any()
    outflow.said_all(1)
    assert pulled(outflow, 1)[0].any()


def test_a_clear_is_heard_within_one_tick_and_without_a_click() -> None:
    outflow = Outflow()
    outflow.push(1, tone(1.0))
    pulled(outflow, 5)
    assert outflow.clear() == [Played(1, 5 * 320, Stage.CLEARED)]
    sound, told = pulled(outflow, 2)
    assert np.abs(np.diff(sound)).max() < 0.1
    assert not sound[RATE // 100 :].any() and not told


def test_replies_queue_and_the_second_is_counted_apart() -> None:
    outflow = Outflow()
    outflow.push(1, tone(0.05))
    outflow.push(2, tone(0.06))
    outflow.said_all(1)
    outflow.said_all(2)
    _, told = pulled(outflow, 7)
    stages = [(played.reply, played.stage) for played in told]
    assert stages.index((1, Stage.STOPPED)) < stages.index((2, Stage.STARTED))
    assert told[-1] == Played(2, 960, Stage.STOPPED)


def test_a_reply_without_sound_ends_too() -> None:
    outflow = Outflow()
    outflow.push(1, np.zeros(0, np.float32))
    outflow.said_all(1)
    assert pulled(outflow, 1)[1] == [Played(1, 0, Stage.STOPPED)]


def test_the_store_is_bounded() -> None:
    outflow = Outflow()
    for _ in range(400):
        outflow.push(1, np.zeros(SAMPLE_RATE, np.float32))
    assert MOST_SECONDS <= outflow.seconds_waiting <= MOST_SECONDS + 1
