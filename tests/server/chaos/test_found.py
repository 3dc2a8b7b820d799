"""What the random conversations have found, each told in the fewest events."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bench.referee import Referee
from duologue.engine import (
    ReplyDone,
    ReplyStarted,
    Said,
    SpeechStarted,
    SpeechStopped,
    ToolCall,
    Usage,
)
from duologue.server.realtime import orders as to_do
from duologue.server.realtime.protocol import Protocol
from duologue.sound import FRAME_SAMPLES
from tests.server.chaos.world import house

CALL = ToolCall("call_1", "look", "{}")
SOUND = np.full(FRAME_SAMPLES, 0.1, np.float32)


@pytest.fixture
def talk() -> Protocol:
    protocol = Protocol(house(), {"model": "gpt-realtime"}, expires_at=1)
    protocol.receive({"type": "session.update", "session": {"audio": {"input": {"turn_detection": None}}}})
    return protocol


def sent(talk: Protocol) -> list[dict[str, Any]]:
    """All that waits to be sent; it keeps the rules."""
    events, referee = [], Referee(strict=True)
    while (out := talk.outgoing()) is not None:
        assert out.event is not None
        events.append(out.event)
        referee.see(out.event)
    assert referee.faults == []
    return events


def of(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == kind]


def test_a_reply_that_was_over_before_it_began_does_not_end_the_one_after_it(talk: Protocol) -> None:
    talk.receive({"type": "response.create"})
    (ordered,) = (order for order in talk.orders() if isinstance(order, to_do.Reply))
    talk.happened(SpeechStarted(0))
    talk.receive({"type": "response.cancel"})
    talk.happened(SpeechStopped(0))
    talk.happened(ReplyStarted(1))
    assert not talk.begins(ordered.response_id, Usage())
    talk.happened(ReplyDone(1, "completed", ""))
    statuses = [event["response"]["status"] for event in of(sent(talk), "response.done")]
    assert statuses == ["cancelled", "completed"]


def test_words_after_a_call_are_in_a_message_of_their_own(talk: Protocol) -> None:
    talk.happened(ReplyStarted(1))
    for said in (Said(1, "let me look"), Said(1, call=CALL), Said(1, " there it is")):
        talk.happened(said)
    talk.happened(ReplyDone(1, "completed", ""))
    done = of(sent(talk), "response.output_audio_transcript.done")
    assert [event["transcript"] for event in done] == ["let me look", " there it is"]


def test_an_interruption_takes_back_sound_and_no_words_and_no_call(talk: Protocol) -> None:
    talk.happened(ReplyStarted(1))
    for said in (Said(1, "let me look", SOUND), Said(1, call=CALL)):
        talk.happened(said)
    talk.receive({"type": "response.cancel"})
    events = sent(talk)
    assert not of(events, "response.output_audio.delta")
    assert [event["delta"] for event in of(events, "response.function_call_arguments.delta")] == ["{}"]


def test_sound_of_a_reply_that_began_before_text_was_asked_for_is_left_away(talk: Protocol) -> None:
    talk.receive({"type": "session.update", "session": {"output_modalities": ["text"]}})
    talk.happened(ReplyStarted(1))
    talk.happened(Said(1, "hello", SOUND))
    talk.happened(ReplyDone(1, "completed", ""))
    assert not of(sent(talk), "response.output_audio.delta")


@pytest.mark.parametrize("wish", ["0", 1.5, True, [None]])
def test_a_wish_for_a_response_that_is_no_object_is_refused(talk: Protocol, wish: object) -> None:
    talk.receive({"type": "response.create", "response": wish})
    (error,) = of(sent(talk), "error")
    assert error["error"]["param"] == "response"


def test_a_session_without_a_type_stays_what_it_is(talk: Protocol) -> None:
    talk.receive({"type": "session.update", "session": {"type": None}})
    assert [event["session"]["type"] for event in of(sent(talk), "session.updated")] == ["realtime"] * 2


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1e999", '"\\ud800"', '"\\uDFFF"'])
def test_what_python_reads_and_json_has_not_is_no_event(talk: Protocol, value: str) -> None:
    tool = f'{{"type": "function", "name": "look", "parameters": {{"x": {value}}}}}'
    for message in (text := f'{{"type": "session.update", "session": {{"tools": [{tool}]}}}}', text.encode()):
        talk.receive(message)
    assert [error["error"]["code"] for error in of(sent(talk), "error")] == ["invalid_json"] * 2


def test_characters_that_are_written_as_escapes_are_characters(talk: Protocol) -> None:
    talk.receive('{"type": "session.update", "session": {"instructions": "\\ud83d\\ude00"}}')
    assert of(sent(talk), "session.updated")[-1]["session"]["instructions"] == "\U0001f600"
