"""A running server, and clients that do everything wrong. The next one is served as if nothing had been."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bench.referee import Referee
from duologue.server.app import create_app
from duologue.server.ephemeral import Caller
from duologue.server.realtime.outbox import Outbox
from duologue.server.realtime.talk import MOST_UNSENT, MOST_UNSENT_BYTES
from duologue.settings import Settings
from tests.server.chaos.client import AnyClient, append
from tests.server.conftest import Live, serving
from tests.server.recorder import Recorder

TICK_S = 0.02
PATIENCE_S = 20.0
ROOM = 6  # conversations at once
MANUAL = {"type": "session.update", "session": {"audio": {"input": {"turn_detection": None}}}}
COMMIT = {"type": "input_audio_buffer.commit"}
RESPOND = {"type": "response.create"}
# A conversation whose every event is a place to be cut off at.
USUAL = (MANUAL, append(400, loud=True), append(200, loud=False), COMMIT, RESPOND, append(100, loud=True))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("data")
    settings = Settings(
        model="scripted", threads=1, data_dir=folder, requests_per_minute=1_000_000, max_sessions=ROOM
    )
    with serving(create_app(settings)) as listening:
        yield listening


@asynccontextmanager
async def talking(server: Live, key: str = "local") -> AsyncIterator[ClientConnection]:
    url = f"{server.ws}/v1/realtime?model=gpt-realtime"
    headers = {"Authorization": f"Bearer {key}"}
    async with connect(url, additional_headers=headers, max_size=2**26, proxy=None) as line:
        yield line


async def eventually(is_so: Callable[[], bool], what: str) -> None:
    for _ in range(int(PATIENCE_S / TICK_S)):
        if is_so():
            return
        await asyncio.sleep(TICK_S)
    pytest.fail(f"{what} for {PATIENCE_S:g} s")


async def say(line: ClientConnection, *events: dict[str, Any]) -> None:
    for event in events:
        await line.send(json.dumps(event))


async def until(line: ClientConnection, kind: str) -> dict[str, Any]:
    """The next event of this type."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            event: dict[str, Any] = json.loads(await line.recv())
            if event["type"] == kind:
                return event


async def is_well(server: Live) -> None:
    """Everybody has gone, and the next client gets an answer."""
    await eventually(lambda: server.state.engine.num_sessions == 0, "a conversation is held that nobody has")
    async with talking(server) as line:
        await say(line, MANUAL, RESPOND)
        done = await until(line, "response.done")
        assert done["response"]["status"] == "completed"
    await eventually(lambda: server.state.engine.num_sessions == 0, "a conversation outlives its line")


async def test_a_line_may_be_cut_after_any_event(server: Live) -> None:
    for number in range(36):
        num_said = 1 + number % len(USUAL)
        async with talking(server) as line:
            await say(line, *USUAL[:num_said])
            async with asyncio.timeout(PATIENCE_S):
                for _ in range(min(number, 24) if RESPOND in USUAL[:num_said] else min(number, 2)):
                    await line.recv()
            line.transport.abort()
    await is_well(server)


async def test_a_line_may_be_reset_in_the_middle_of_a_message(server: Live) -> None:
    frame = json.dumps(append(1000, loud=True)).encode()
    for share in (0.0, 0.1, 0.5, 0.99):
        async with talking(server) as line:
            header = struct.pack("!BBHI", 0x81, 0x80 | 126, len(frame), 0)
            line.transport.write(header + frame[: int(share * len(frame))])
            await until(line, "session.created")
            _reset(line)
    await is_well(server)


HALF_REQUESTS = (
    b"",
    b"GET /v1/realtime",
    b"GET /v1/realtime HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
    b"\x00" * 999,
)


async def test_half_a_handshake_is_nobody(server: Live) -> None:
    for request in HALF_REQUESTS:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request)
        await writer.drain()
        writer.transport.abort()
        del reader
    await is_well(server)


async def test_a_client_that_never_reads_is_not_read_either(server: Live) -> None:
    sound = base64.b64encode(bytes(3_000_000)).decode()
    item = {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_audio", "audio": sound}],
        "id": "long",
    }
    asking = json.dumps({"type": "conversation.item.retrieve", "item_id": "long"})
    async with talking(server) as line:
        await say(line, MANUAL, {"type": "conversation.item.create", "item": item})
        await until(line, "conversation.item.done")
        line.transport.pause_reading()
        with suppress(TimeoutError, ConnectionClosed):
            async with asyncio.timeout(3.0):
                for _ in range(20 * MOST_UNSENT):
                    await line.send(asking)
        unsent = sum(box.num_bytes for box in gc.get_objects() if type(box) is Outbox)
        line.transport.abort()
    assert unsent < MOST_UNSENT_BYTES + 2 * len(sound)
    await is_well(server)


async def test_a_client_that_reads_slowly_gets_everything_in_order(server: Live) -> None:
    referee = Referee(strict=True)
    async with talking(server) as line:
        await say(line, MANUAL, *[append(400, loud=True), COMMIT, RESPOND] * 3)
        async with asyncio.timeout(PATIENCE_S):
            while not referee.response_ids or referee.open_responses:
                await asyncio.sleep(0.005)
                referee.see(json.loads(await line.recv()))
    assert referee.faults == []
    await is_well(server)


BROKEN: tuple[str | bytes, ...] = (
    "", "{", "null", "[]", '"x"', "1", "NaN", b"\xff\xfe\x00", b"{}", "[" * 100_000, "{" * 100_000,
    '{"type":"' + "x" * 100_000 + '"}', '{"type":"no.such.event"}', '{"type":["response.create"]}',
    json.dumps({"type": "input_audio_buffer.append", "audio": "no base64!"}),
    json.dumps({"type": "input_audio_buffer.append", "audio": None}),
    json.dumps({"type": "input_audio_buffer.append"}),
    json.dumps({"type": "session.update", "session": {"instructions": ["\ud800"]}}),
    json.dumps({"type": "response.cancel", "event_id": "e" * 1_000_000}),
    json.dumps({"type": "conversation.item.delete", "item_id": "i" * 1_000_000}),
    json.dumps({"type": "conversation.item.truncate", "item_id": "x", "audio_end_ms": 1e999}),
    json.dumps({"type": "response.create", "response": {"metadata": {"a" * 1000: "b"}, "instructions": 7}}),
    json.dumps(COMMIT), json.dumps({"type": "output_audio_buffer.clear"}),
)  # fmt: skip


async def test_every_broken_event_is_one_error_and_the_line_stays(server: Live) -> None:
    async with talking(server) as line:
        await until(line, "session.created")
        for message in BROKEN:
            await line.send(message)
            error = (await until(line, "error"))["error"]
            assert error["type"] == "invalid_request_error" and error["message"], str(message)[:80]
            assert len(error["message"]) < 1000, str(message)[:80]
        await say(line, MANUAL)
        await until(line, "session.updated")
    await is_well(server)


async def test_too_large_a_message_ends_its_own_line_only(server: Live) -> None:
    async with talking(server) as line:
        with suppress(ConnectionClosed):
            await line.send('{"type":"input_audio_buffer.append","audio":"' + "A" * 40_000_000 + '"}')
            async for _ in line:
                pass
        assert line.close_code in (1009, 1006)
    await is_well(server)


async def test_any_client_is_served_by_the_rules(server: Live) -> None:
    async def converse(seed: int) -> list[str]:
        client, referee = AnyClient(f"wire {seed}"), Referee(strict=True, also=TIMEOUT)
        async with talking(server) as line:
            reading = asyncio.create_task(_read(line, client, referee))
            for _ in range(40):
                event = client.next()
                referee.sent.update(client.sent)
                await line.send(event if isinstance(event, str | bytes) else json.dumps(event))
                await asyncio.sleep(0.001 * (seed % 4))
            await asyncio.sleep(TICK_S)
            reading.cancel()
            line.transport.abort()
        return [f"{seed}: {fault}" for fault in referee.faults]

    for first in range(0, 6 * ROOM, ROOM):
        faults = await asyncio.gather(*(converse(seed) for seed in range(first, first + ROOM)))
        assert [fault for each in faults for fault in each] == []
        await eventually(
            lambda: server.state.engine.num_sessions == 0, "a conversation is held that nobody has"
        )
    await is_well(server)


TIMEOUT = frozenset({"input_audio_buffer.timeout_triggered"})


async def _read(line: ClientConnection, client: AnyClient, referee: Referee) -> None:
    async for message in line:
        event = json.loads(message)
        client.told(event)
        referee.see(event)


async def test_what_any_client_is_told_is_openais_wire(server: Live, recorder: Recorder) -> None:
    """The recorder fails the test at its end if not."""
    client = AnyClient("recorded")
    async with talking(server) as line:
        for _ in range(60):
            event = client.next()
            await line.send(event if isinstance(event, str | bytes) else json.dumps(event))
        await say(line, {"type": "session.update", "session": {"tracing": None}, "event_id": "last"})
        with suppress(TimeoutError):
            async with asyncio.timeout(0.3):
                async for message in line:
                    recorder.frame("/v1/realtime", message)
        line.transport.abort()
    assert len(recorder.frames) > 20


async def test_secrets_may_be_used_again_by_two_at_once_and_not_when_expired(server: Live) -> None:
    secrets, owner = server.state.access.secrets, Caller("local")
    value = secrets.create({"type": "realtime", "instructions": "be brief"}, 60, owner).value
    async with talking(server, value) as one, talking(server, value) as other:
        created = [await until(line, "session.created") for line in (one, other)]
        assert created[0]["session"]["id"] != created[1]["session"]["id"]
        assert [event["session"]["instructions"] for event in created] == ["be brief"] * 2
        await say(one, {"type": "conversation.item.create", "item": {"id": "mine", **TYPED}})
        await until(one, "conversation.item.done")
        await say(other, {"type": "conversation.item.retrieve", "item_id": "mine"})
        assert (await until(other, "error"))["error"]["code"] == "item_retrieve_invalid_item_id"
    for refused in (secrets.create({}, -1, owner).value, "ek_unknown"):
        with pytest.raises(InvalidStatus) as caught:
            async with talking(server, refused):
                pass
        assert caught.value.response.status_code == 401
    await is_well(server)


TYPED = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}


async def test_a_full_house_says_so_and_has_room_again(server: Live) -> None:
    async with asyncio.timeout(PATIENCE_S):
        lines = [connect(f"{server.ws}/v1/realtime", proxy=None) for _ in range(ROOM)]
        opened = [await line for line in lines]
        for line in opened:
            await until(line, "session.created")
        async with talking(server) as one_too_many:
            error = (await until(one_too_many, "error"))["error"]
            assert error["type"] == "rate_limit_error"
            await one_too_many.wait_closed()
        await _all(line.close() for line in opened)
    await is_well(server)


def _reset(line: ClientConnection) -> None:
    """As a machine does whose power fails and comes back: RST in place of a goodbye."""
    raw = line.transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.transport.abort()


async def _all(waited: Iterator[Awaitable[Any]]) -> None:
    await asyncio.gather(*waited)
