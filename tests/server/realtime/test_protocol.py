"""Sessions told as events: what a client sends, and what it is told, in order."""

from __future__ import annotations

import pytest

from duologue.backends.contract import Turn
from duologue.backends.scripted import Script
from duologue.engine import Piece, Samples, ToolCall
from duologue.server.realtime.talk import MOST_UNSENT
from tests.server.realtime.driven import AnyQuota, Driven, driven, silence, speech, types
from tests.server.recorder import Recorder

VAD = {"type": "server_vad", "silence_duration_ms": 240}
ONE_MESSAGE = [
    "response.created",
    "rate_limits.updated",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio_transcript.delta",
    "response.output_audio.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "conversation.item.done",
    "response.done",
    "rate_limits.updated",
]


def once(kinds: list[str]) -> list[str]:
    """Without deltas after the first of their kind."""
    return [kind for at, kind in enumerate(kinds) if not kind.endswith(".delta") or kind not in kinds[:at]]


async def with_vad(client: Driven, **session: object) -> None:
    given = {"turn_detection": VAD, "transcription": {"model": "gpt-4o-transcribe"}}
    await client.update(audio={"input": given}, **session)


async def test_a_session_begins_with_its_defaults(recorder: Recorder) -> None:
    async with driven(recorder=recorder) as client:
        assert client.types() == ["session.created"]
        session = client.events[0]["session"]
        assert session["model"] == "gpt-realtime"
        assert session["output_modalities"] == ["audio"]
        assert session["audio"]["input"]["turn_detection"]["interrupt_response"] is True
        assert session["audio"]["output"]["voice"] == "script"


async def test_a_spoken_question_and_its_answer(recorder: Recorder) -> None:
    script = Script(says=("one two three",), hears=("how are you",))
    async with driven(script, recorder) as client:
        await with_vad(client)
        events = await client.hear(silence(5), speech(8), silence(20))
        assert once(types(events)) == [
            "input_audio_buffer.speech_started",
            "conversation.item.input_audio_transcription.delta",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            "conversation.item.input_audio_transcription.completed",
            *ONE_MESSAGE,
        ]
        item_id = events[0]["item_id"]
        assert client.last("input_audio_buffer.committed")["item_id"] == item_id
        assert (
            client.last("conversation.item.input_audio_transcription.completed")["transcript"]
            == "how are you"
        )
        response = client.last("response.done")["response"]
        assert response["status"] == "completed"
        assert response["output"][0]["content"] == [{"type": "output_audio", "transcript": "one two three"}]
        assert response["usage"]["output_token_details"]["audio_tokens"] == 9
        assert len(client.sound()) == 9 * 1920 * 2


async def test_a_typed_question_is_answered_at_full_speed(recorder: Recorder) -> None:
    async with driven(Script(says=("hello there",)), recorder) as client:
        await client.write("hi")
        events = await client.send("response.create")
        assert once(types(events)) == ONE_MESSAGE
        assert events[-2]["response"]["output"][0]["content"][0]["transcript"] == "hello there"


async def test_text_alone(recorder: Recorder) -> None:
    async with driven(Script(says=("hello there",)), recorder) as client:
        await client.update(output_modalities=["text"])
        events = await client.send("response.create")
        assert "response.output_audio.delta" not in types(events)
        assert "".join(event["delta"] for event in client.of("response.output_text.delta")) == "hello there"
        assert client.last("response.output_text.done")["text"] == "hello there"
        assert client.last("response.content_part.done")["part"] == {"type": "text", "text": "hello there"}


async def test_the_user_interrupts_a_live_reply(recorder: Recorder) -> None:
    async with driven(Script(says=("one two three four five six", "yes")), recorder) as client:
        await with_vad(client)
        await client.hear(silence(3), speech(6), silence(8))
        assert client.talk.protocol.is_answering
        events = await client.hear(speech(6))
        assert types(events).index("input_audio_buffer.speech_started") < types(events).index("response.done")
        first = client.last("response.done")["response"]
        assert first["status"] == "cancelled"
        assert first["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
        assert first["output"][0]["status"] == "incomplete"
        heard = first["output"][0]["content"][0]["transcript"]
        assert "one two three four five six".startswith(heard)
        assert heard not in ("", "one two three four five six")
        after = await client.hear(silence(12))
        assert first["id"] not in {event.get("response_id") for event in after}
        assert client.last("response.done")["response"]["output"][0]["content"][0]["transcript"] == "yes"


async def test_the_user_interrupts_a_reply_that_was_made_and_is_being_played(recorder: Recorder) -> None:
    says = "one two three four five six seven eight"
    async with driven(Script(says=(says, "yes")), recorder) as client:
        await with_vad(client)
        await client.write("count")
        await client.send("response.create")
        item = client.last("response.done")["response"]["output"][0]
        assert item["content"][0]["transcript"] == says
        await client.hear(silence(4), speech(5))
        await client.send("conversation.item.retrieve", item_id=item["id"])
        kept = client.last("conversation.item.retrieved")["item"]["content"][0]["transcript"]
        assert kept
        assert says.startswith(kept)
        assert len(kept) < len("one two three four five")
        told = "".join(piece.text for piece in client.mind.life if isinstance(piece, Piece))
        assert told.startswith(kept)
        assert len(told) <= len(kept) + 6


async def test_a_reply_goes_on_when_the_client_falls_silent() -> None:
    async with driven(Script(says=("one two three four",))) as client:
        await with_vad(client)
        await client.hear(silence(3), speech(6), silence(4))
        assert client.talk.protocol.is_answering
        await client.passed(20)
        assert client.last("response.done")["response"]["status"] == "completed"


async def test_cancel(recorder: Recorder) -> None:
    async with driven(Script(says=("one two three four five six",)), recorder) as client:
        await client.send("response.cancel", event_id="mine")
        error = client.last("error")["error"]
        assert error["code"] == "response_cancel_not_active"
        assert error["message"] == "Cancellation failed: no active response found"
        assert error["event_id"] == "mine"
        await with_vad(client)
        await client.hear(silence(3), speech(6), silence(8))
        await client.send("response.cancel")
        done = client.last("response.done")["response"]
        assert done["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
        quiet = await client.hear(silence(10))
        assert quiet == []


async def test_a_second_response_is_refused_while_one_is_under_way(recorder: Recorder) -> None:
    async with driven(Script(says=("one two three four five six", "seven")), recorder) as client:
        await with_vad(client)
        await client.hear(silence(3), speech(6), silence(6))
        await client.send("response.create")
        assert client.last("error")["error"]["code"] == "conversation_already_has_active_response"
        await client.write("stop, something else")
        assert client.talk.protocol.is_answering
        await client.send("response.create")
        await client.hear(silence(8))
        first, second = (event["response"] for event in client.of("response.done"))
        assert first["status"] == "cancelled"
        assert second["output"][0]["content"][0]["transcript"] == "seven"


async def test_out_of_band(recorder: Recorder) -> None:
    async with driven(Script(says=("a summary",)), recorder) as client:
        await client.write("remember this")
        item = client.last("conversation.item.added")["item"]
        given = [
            {"type": "item_reference", "id": item["id"]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "sum it up"}]},
        ]
        wish = {
            "conversation": "none",
            "input": given,
            "metadata": {"topic": "x"},
            "output_modalities": ["text"],
        }
        events = await client.send("response.create", response=wish)
        assert "conversation.item.added" not in types(events)
        done = client.last("response.done")["response"]
        assert done["metadata"] == {"topic": "x"}
        assert done["conversation_id"] is None
        assert done["output"][0]["content"] == [{"type": "output_text", "text": "a summary"}]
        assert not client.talk.protocol.is_answering
        unknown = [{"type": "item_reference", "id": "no"}]
        await client.send("response.create", response={"conversation": "none", "input": unknown})
        assert client.last("error")["error"]["param"] == "response.input[0].id"


async def test_a_function_is_called_and_gives_its_result(recorder: Recorder) -> None:
    call = ToolCall("call_1", "weather", '{"city": "Rome"}')
    async with driven(Script(says=("let me see", "sunny"), calls=(call,)), recorder) as client:
        tool = {"type": "function", "name": "weather", "parameters": {"type": "object"}}
        await client.update(tools=[tool])
        await client.write("weather in Rome?")
        events = await client.send("response.create")
        kinds = types(events)
        assert kinds.index("response.function_call_arguments.delta") < kinds.index(
            "response.function_call_arguments.done"
        )
        done = client.last("response.function_call_arguments.done")
        assert (done["name"], done["call_id"], done["arguments"]) == ("weather", "call_1", '{"city": "Rome"}')
        added = client.of("conversation.item.added")[-1]["item"]
        assert (added["type"], added["name"], added["call_id"]) == ("function_call", "weather", "call_1")
        output = client.last("response.done")["response"]["output"]
        assert [item["type"] for item in output] == ["message", "function_call"]
        item = {"type": "function_call_output", "call_id": "call_1", "output": "sunny, 20 degrees"}
        await client.send("conversation.item.create", item=item)
        await client.send("response.create")
        assert client.last("response.done")["response"]["output"][0]["content"][0]["transcript"] == "sunny"


async def test_manual_turns(recorder: Recorder) -> None:
    async with driven(Script(says=("yes",), hears=("question",)), recorder) as client:
        await client.update(
            audio={"input": {"turn_detection": None, "transcription": {"model": "whisper-1"}}}
        )
        await client.send("input_audio_buffer.commit")
        assert client.last("error")["error"]["code"] == "input_audio_buffer_commit_empty"
        await client.hear(speech(6), silence(30))
        assert "input_audio_buffer.speech_started" not in client.types()
        await client.send("input_audio_buffer.commit")
        completed = client.of("conversation.item.input_audio_transcription.completed")
        assert [event["transcript"] for event in completed] == ["question"]
        assert completed[0]["usage"]["type"] == "duration"
        await client.send("response.create")
        assert client.last("response.done")["response"]["status"] == "completed"


async def test_limits_that_are_used_up_fail_the_response(recorder: Recorder) -> None:
    async with driven(recorder=recorder, quota=AnyQuota(requests=1)) as client:
        await client.send("response.create")
        before = client.of("rate_limits.updated")
        assert before[0]["rate_limits"][1]["remaining"] == 50_000 - 750
        assert before[-1]["rate_limits"][1]["remaining"] > 49_000
        await client.send("response.create")
        failed = client.last("response.done")["response"]
        assert failed["status"] == "failed"
        assert failed["status_details"]["error"]["code"] == "rate_limit_exceeded"
        assert not client.talk.protocol.is_answering


async def test_transcription_only(recorder: Recorder) -> None:
    said = {"type": "transcription", "audio": {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}}
    async with driven(Script(hears=("hello",)), recorder, said) as client:
        assert client.events[0]["session"]["object"] == "realtime.transcription_session"
        await client.hear(silence(3), speech(6), silence(20))
        assert client.last("conversation.item.input_audio_transcription.completed")["transcript"] == "hello"
        assert "response.created" not in client.types()
        await client.send("response.create")
        assert client.last("error")["error"]["type"] == "invalid_request_error"


async def test_silence_for_too_long_is_answered_when_asked_for(recorder: Recorder) -> None:
    async with driven(Script(says=("one", "are you there")), recorder) as client:
        await client.update(audio={"input": {"turn_detection": VAD | {"idle_timeout_ms": 5000}}})
        await client.hear(silence(80))
        assert "input_audio_buffer.timeout_triggered" not in client.types()
        await client.hear(speech(6), silence(90))
        assert len(client.of("input_audio_buffer.timeout_triggered")) == 1
        said = client.last("response.done")["response"]["output"][0]["content"][0]["transcript"]
        assert said == "are you there"


@pytest.mark.parametrize("speed", [0.5, 1.5])
async def test_speed(speed: float, recorder: Recorder) -> None:
    async with driven(Script(says=("one two three",)), recorder) as client:
        await client.update(audio={"input": {"turn_detection": VAD}, "output": {"speed": speed}})
        await client.hear(silence(3), speech(6), silence(30))
        assert client.last("response.done")["response"]["status"] == "completed"
        assert len(client.sound()) == pytest.approx(9 * 1920 * 2 / speed, abs=4)


@pytest.mark.parametrize("kind", ["audio/pcmu", "audio/pcma"])
async def test_telephone_formats(kind: str, recorder: Recorder) -> None:
    async with driven(Script(says=("one two",)), recorder) as client:
        await client.update(audio={"output": {"format": {"type": kind}}})
        await client.send("response.create")
        assert len(client.sound()) == 6 * 640


async def test_a_client_that_does_not_read_stops_the_work_and_loses_nothing() -> None:
    words = " ".join(f"word{number}" for number in range(400))
    async with driven(Script(says=(words,))) as client:
        client.reads = False
        await client.send("response.create")
        assert client.talk.is_making
        assert len(client.talk.protocol.shared.outbox) <= MOST_UNSENT + 16
        client.reads = True
        await client.quiet()
        done = client.last("response.done")["response"]
        assert done["output"][0]["content"][0]["transcript"] == words
        assert len(client.sound()) == 400 * 3 * 1920 * 2


async def test_what_a_slow_client_has_not_read_of_an_interrupted_reply_never_comes() -> None:
    async with driven(Script(says=("one two three four five six",))) as client:
        await client.update(audio={"input": {"turn_detection": VAD}})
        await client.hear(silence(3), speech(6), silence(6))
        client.reads = False
        heard = len(client.of("response.output_audio.delta"))
        await client.hear(silence(4))
        client.reads = True
        await client.send("response.cancel")
        assert len(client.of("response.output_audio.delta")) == heard


async def test_the_voice_stays_once_it_was_heard(recorder: Recorder) -> None:
    async with driven(Script(says=("one",)), recorder) as client:
        await client.update(audio={"output": {"voice": "marin"}})
        await client.update(audio={"output": {"voice": "nobody"}})
        assert "nobody" in client.last("error")["error"]["message"]
        await client.send("response.create")
        await client.update(audio={"output": {"voice": "alloy"}})
        assert client.last("error")["error"]["code"] == "cannot_update_voice"
        await client.update(audio={"output": {"voice": "marin"}}, instructions="be kind")
        assert client.last("session.updated")["session"]["instructions"] == "be kind"


async def test_a_wrong_update_changes_nothing(recorder: Recorder) -> None:
    async with driven(recorder=recorder) as client:
        before = client.events[0]["session"]
        await client.update(instructions="new", audio={"output": {"speed": 9.0}})
        assert client.types()[-1] == "error"
        await client.update()
        assert client.last("session.updated")["session"] == before


async def test_what_clients_write_their_own_way(recorder: Recorder) -> None:
    async with driven(recorder=recorder) as client:
        given = {"turn_detection": False, "transcription": {"model": "gpt-4o-transcribe", "language": "en"}}
        await client.update(audio={"input": given}, tools=None, tracing="auto", max_output_tokens=None)
        session = client.last("session.updated")["session"]
        assert session["audio"]["input"]["turn_detection"] is None
        assert session["audio"]["input"]["transcription"] == {"model": "gpt-4o-transcribe", "language": "en"}
        assert session["tools"] == []


async def test_a_network_that_dreams_of_speech_is_not_believed(
    recorder: Recorder,
) -> None:
    def dreams(frame: Samples) -> Turn:
        return (0.02, 0.94, 0.02, 0.02)

    async with driven(Script(turn=dreams), recorder) as client:
        await client.hear(silence(20))
        assert client.types() == ["session.created"]
        await client.hear(speech(3))
        started = client.last("input_audio_buffer.speech_started")
        assert started["audio_start_ms"] == pytest.approx(20 * 80 - 300, abs=160)


async def test_the_user_speaks_while_a_reply_is_being_made_at_full_speed(recorder: Recorder) -> None:
    words = " ".join(f"word{number}" for number in range(600))
    async with driven(Script(says=(words, "yes")), recorder) as client:
        await client.update(audio={"input": {"turn_detection": VAD}})
        client.reads = False
        await client.send("response.create")
        assert client.talk.is_making
        await client.hear(silence(2), speech(6), silence(10))
        client.reads = True
        await client.quiet()
        first, second = (event["response"] for event in client.of("response.done"))
        assert first["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
        assert second["output"][0]["content"][0]["transcript"].startswith("yes")
        assert client.of("input_audio_buffer.committed")
