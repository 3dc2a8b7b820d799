"""Whatever a client does: what was begun ends exactly once, and nothing comes after its end."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from duologue.backends.scripted import Script
from duologue.engine import ToolCall
from tests.server.realtime.driven import Driven, Json, driven, silence, speech

VAD = {"type": "server_vad", "silence_duration_ms": 240}
SCRIPT = Script(
    says=("one two three four", "five", "", "six seven eight nine ten"),
    hears=("a", "b"),
    calls=(ToolCall("call_1", "look", "{}"),),
)
ACTIONS = st.one_of(
    st.tuples(st.just("speak"), st.integers(1, 8)),
    st.tuples(st.just("be silent"), st.integers(1, 12)),
    st.tuples(st.just("send nothing"), st.integers(1, 12)),
    st.tuples(st.just("answer"), st.sampled_from(["live", "text", "aside", "own input", "slow down"])),
    st.tuples(st.just("cancel"), st.booleans()),
    st.tuples(st.just("write"), st.sampled_from([None, "root"])),
    st.tuples(st.just("truncate"), st.integers(-5, 2000)),
    st.tuples(st.just("delete"), st.integers(0, 5)),
    st.tuples(st.just("turns"), st.sampled_from([None, VAD, VAD | {"interrupt_response": False}])),
    st.tuples(st.just("speed"), st.sampled_from([0.5, 1.0, 1.5])),
    st.tuples(st.sampled_from(["commit", "clear", "stop reading", "read"]), st.none()),
)
WISHES: dict[str, Json] = {
    "live": {},
    "text": {"output_modalities": ["text"]},
    "aside": {"conversation": "none"},
    "own input": {"input": []},
    "slow down": {"instructions": "slowly", "max_output_tokens": 2},
}


async def act(client: Driven, action: str, value: object) -> None:
    if action in ("speak", "be silent"):
        assert isinstance(value, int)
        await client.hear(speech(value) if action == "speak" else silence(value))
    elif action == "send nothing":
        assert isinstance(value, int)
        await client.passed(value)
    elif action == "answer":
        await client.send("response.create", response=WISHES[str(value)])
    elif action == "cancel":
        begun = [event["response"]["id"] for event in client.of("response.created")]
        named = {"response_id": begun[-1]} if value and begun else {}
        await client.send("response.cancel", **named)
    elif action == "write":
        await client.write("hello", previous_item_id=value)
    elif action in ("truncate", "delete"):
        items = [event["item"]["id"] for event in client.of("conversation.item.added")]
        assert isinstance(value, int)
        if items and action == "delete":
            await client.send("conversation.item.delete", item_id=items[value % len(items)])
        elif items:
            await client.send(
                "conversation.item.truncate", item_id=items[-1], content_index=0, audio_end_ms=value
            )
    elif action == "turns":
        await client.update(audio={"input": {"turn_detection": value}})
    elif action == "speed":
        await client.update(audio={"output": {"speed": value}})
    elif action in ("commit", "clear"):
        await client.send(f"input_audio_buffer.{action}")
    else:
        client.reads = action == "read"
        await client.quiet()


async def live(actions: list[tuple[str, object]], plays: bool) -> list[Json]:
    async with driven(SCRIPT, plays=plays) as client:
        for action, value in actions:
            await act(client, action, value)
        client.reads = True
        await client.quiet()
        await client.update(audio={"input": {"turn_detection": None}})
        await client.passed(60)
        assert not client.talk.protocol.is_answering
    return client.events


def check(events: list[Json]) -> None:
    begun, ended = Counter[str](), Counter[str]()
    for event in events:
        kind = event["type"]
        response_id = event.get("response_id")
        if kind.startswith("response.") and response_id is not None:
            assert begun[response_id] == 1, f"{kind} before its response began"
            assert ended[response_id] == 0, f"{kind} after its response ended"
        if kind == "response.created":
            begun[event["response"]["id"]] += 1
        elif kind == "response.done":
            ended[event["response"]["id"]] += 1
            assert all(item["status"] != "in_progress" for item in event["response"]["output"])
        elif kind in ("response.output_item.added", "conversation.item.added"):
            begun[kind.partition(".")[0] + event["item"]["id"]] += 1
        elif kind in ("response.output_item.done", "conversation.item.done"):
            ended[kind.partition(".")[0] + event["item"]["id"]] += 1
        elif kind == "input_audio_buffer.committed":
            begun["committed" + event["item_id"]] += 1
            ended["committed" + event["item_id"]] += 1
    assert begun == ended
    assert not begun or max(begun.values()) == 1
    assert "server_error" not in {event["error"]["type"] for event in events if event["type"] == "error"}


@pytest.mark.parametrize("plays", [False, True])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(actions=st.lists(ACTIONS, max_size=14))
def test_everything_ends_once(plays: bool, actions: list[tuple[str, object]]) -> None:
    check(asyncio.run(live(actions, plays)))
