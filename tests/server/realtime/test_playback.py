"""What a client has played, by what it was sent and the time since."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from duologue.server.realtime.playback import Playback


def test_one_after_another() -> None:
    playback = Playback()
    playback.sent("a", 100, now=0)
    playback.sent("a", 100, now=10)
    playback.sent("b", 50, now=20)
    assert (playback.played("a", 150), playback.played("b", 150)) == (150, 0)
    assert (playback.played("a", 220), playback.played("b", 220)) == (200, 20)
    assert playback.remaining(220) == 30


def test_a_gap_is_not_played() -> None:
    playback = Playback()
    playback.sent("a", 100, now=0)
    playback.sent("a", 100, now=500)
    assert playback.played("a", 400) == 100
    assert playback.played("a", 520) == 120


def test_what_was_stopped_is_not_played_later() -> None:
    playback = Playback()
    playback.sent("a", 1000, now=0)
    playback.stop(300)
    assert playback.remaining(300) == 0
    playback.sent("b", 100, now=300)
    assert (playback.played("a", 900), playback.played("b", 350)) == (300, 50)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 500), st.integers(0, 300)), max_size=20))
def test_never_more_than_was_sent_nor_than_time_has_passed(parts: list[tuple[str, int, int]]) -> None:
    playback, now, sent = Playback(), 0, {"a": 0, "b": 0}
    for name, length, pause in parts:
        now += pause
        playback.sent(name, length, now)
        sent[name] += length
        assert all(playback.played(each, now) <= sent[each] for each in "ab")
        assert sum(playback.played(each, now) for each in "ab") <= now
    assert all(playback.played(each, now + 20_000) == sent[each] for each in "ab")
