"""A referee that lets a fault pass is worth nothing: every rule is broken once."""

from __future__ import annotations

from typing import Any

import pytest

from bench.referee import CALLS, COMMON, Referee

PLACE = {"response_id": "r", "item_id": "i", "output_index": 0, "content_index": 0}
AT = {"response_id": "r", "output_index": 0}
ITEM = {"id": "i", "type": "message", "status": "completed"}


def good() -> list[dict[str, Any]]:
    """A spoken question and its answer, as they should be."""
    events: list[dict[str, Any]] = [
        {"type": "session.created", "session": {}},
        {"type": "input_audio_buffer.speech_started", "item_id": "u", "audio_start_ms": 0},
        {"type": "input_audio_buffer.speech_stopped", "item_id": "u", "audio_end_ms": 10},
        {"type": "input_audio_buffer.committed", "item_id": "u"},
        {"type": "conversation.item.added", "item": {"id": "u"}},
        {"type": "conversation.item.done", "item": {"id": "u"}},
        {
            "type": "response.created",
            "response": {"id": "r", "status": "in_progress", "conversation_id": "c"},
        },
        {"type": "response.output_item.added", **AT, "item": ITEM},
        {"type": "conversation.item.added", "item": {"id": "i"}},
        {"type": "response.content_part.added", **PLACE, "part": {"type": "audio"}},
        {"type": "response.output_audio_transcript.delta", **PLACE, "delta": "he"},
        {"type": "response.output_audio.delta", **PLACE, "delta": "AAAA"},
        {"type": "response.output_audio_transcript.delta", **PLACE, "delta": "llo"},
        {"type": "response.output_audio.done", **PLACE},
        {"type": "response.output_audio_transcript.done", **PLACE, "transcript": "hello"},
        {"type": "response.content_part.done", **PLACE, "part": {"type": "audio"}},
        {"type": "conversation.item.done", "item": {"id": "i"}},
        {"type": "response.output_item.done", **AT, "item": ITEM},
        {"type": "response.done", "response": {"id": "r", "status": "completed", "output": [ITEM]}},
    ]
    return [event | {"event_id": f"event_{number}"} for number, event in enumerate(events)]


def faults(events: list[dict[str, Any]]) -> list[str]:
    referee = Referee(strict=True)
    for event in events:
        referee.see(event)
    referee.finish()
    return referee.faults


def test_a_good_conversation_has_no_faults() -> None:
    assert faults(good()) == []


OPTIONAL = {
    "session.created",
    "input_audio_buffer.committed",
    "input_audio_buffer.speech_stopped",
    "response.output_audio.delta",
}
NEEDED = [number for number, event in enumerate(good()) if event["type"] not in OPTIONAL]


@pytest.mark.parametrize("number", NEEDED)
def test_a_missing_event_is_a_fault(number: int) -> None:
    events = good()
    del events[number]
    assert faults(events), f"{good()[number]['type']} may be missing"


@pytest.mark.parametrize("number", [n for n in range(1, 19) if n not in (3, 10, 11, 12)])
def test_an_event_that_comes_twice_is_a_fault(number: int) -> None:
    events = good()
    events.insert(number, events[number] | {"event_id": "again"})
    assert faults(events), f"{events[number]['type']} may come twice"


STRICT = (6, 7, 8, 9, 14, 17)  # with the one that follows; between 9 and 14 the two streams may be woven


@pytest.mark.parametrize("number", STRICT)
def test_two_events_that_change_places_are_a_fault(number: int) -> None:
    events = good()
    events[number], events[number + 1] = events[number + 1], events[number]
    assert faults(events), f"{events[number]['type']} may come before {events[number + 1]['type']}"


def test_an_interrupted_item_may_end_with_fewer_words_and_a_whole_one_may_not() -> None:
    events = good()
    events[14]["transcript"] = "he"
    assert faults(events) == ["item i is complete, but its words are not the sum of its deltas"]
    events[17]["item"] = events[17]["item"] | {"status": "incomplete"}
    assert faults(events) == []
    events[14]["transcript"] = "she"
    assert faults(events) == ["response.output_audio_transcript.done has other words than its deltas"]


@pytest.mark.parametrize(
    "late",
    [
        {"type": "response.output_audio.delta", **PLACE, "delta": "AAAA"},
        {"type": "response.done", "response": {"id": "r", "status": "cancelled", "output": []}},
        {"type": "response.output_item.added", **AT, "item": {"id": "new", "type": "message"}},
        {"type": "conversation.item.created", "item": {"id": "x"}},
        {"type": "error", "error": {"type": "invalid_request_error"}},
        {"type": "error", "error": {"type": "a", "message": "b", "event_id": "never sent"}},
    ],
)
def test_what_may_not_come_at_the_end_is_a_fault(late: dict[str, Any]) -> None:
    assert faults([*good(), late | {"event_id": "late"}])


def test_every_event_has_its_own_id() -> None:
    events = good()
    events[3]["event_id"] = events[2]["event_id"]
    assert faults(events) == ["event id event_2 came twice"]
    del events[3]["event_id"]
    assert faults(events) == ["input_audio_buffer.committed has no event_id"]


def test_events_of_calls_are_known_only_there() -> None:
    assert not COMMON & CALLS
    started = {"type": "output_audio_buffer.started", "event_id": "started", "response_id": "r"}
    assert faults([*good(), started]) == ["output_audio_buffer.started is not known to every client"]
