"""The smallest server of the Realtime protocol, for tests of what measures servers.

Hand-made, with one rule: when the caller has been quiet for 100 ms, it answers with a tone;
it stops when the caller speaks.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from websockets.asyncio.server import ServerConnection, serve

RATE = 24_000
QUIET_MS, REPLY_MS, CHUNK_MS = 100.0, 400, 40
LOUD = 0.01
TONE = 0.1 * np.sin(2 * np.pi * 440 * np.arange(RATE * CHUNK_MS // 1000) / RATE)


@dataclass(slots=True, eq=False)
class Parrot:
    """`numbers` may be shared between calls, as ids must be; a parrot that repeats them mixes calls up."""

    socket: ServerConnection
    numbers: Iterator[int]
    says: str = "polly"
    doubles: bool = False  # breaks a rule: every response ends twice
    heard_ms: float = 0.0
    quiet_ms: float | None = None  # since the caller spoke; None: has not spoken since the last answer
    reply: asyncio.Task[None] | None = None
    got: list[dict[str, Any]] = field(default_factory=list)

    async def run(self) -> None:
        await self.send("session.created", session={})
        async for message in self.socket:
            event = json.loads(message)
            self.got.append(event)
            match event["type"]:
                case "session.update":
                    await self.send("session.updated", session=event["session"])
                case "response.create":
                    await self._answer(has_sound=False)
                case "input_audio_buffer.append":
                    await self._hear(np.frombuffer(base64.b64decode(event["audio"]), "<i2") / 32768.0)

    async def send(self, kind: str, **fields: object) -> None:
        event = {"type": kind, "event_id": f"event_{next(self.numbers)}", **fields}
        await self.socket.send(json.dumps(event))

    async def _hear(self, samples: Any) -> None:
        length = 1000.0 * len(samples) / RATE
        if float(np.sqrt(np.mean(samples**2))) >= LOUD:
            if self.quiet_ms is None:
                await self.send(
                    "input_audio_buffer.speech_started", item_id="heard", audio_start_ms=int(self.heard_ms)
                )
                if self.reply is not None:
                    self.reply.cancel()
            self.quiet_ms = 0.0
        elif self.quiet_ms is not None:
            self.quiet_ms += length
            if self.quiet_ms >= QUIET_MS:
                self.quiet_ms = None
                await self.send("input_audio_buffer.speech_stopped", item_id="heard", audio_end_ms=0)
                self.reply = asyncio.create_task(self._answer(has_sound=True))
        self.heard_ms += length

    async def _answer(self, has_sound: bool) -> None:
        response, item = (f"{what}_{next(self.numbers)}" for what in ("resp", "item"))
        place = {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}
        at = {"response_id": response, "output_index": 0}
        message = {"id": item, "type": "message", "role": "assistant"}
        status = "completed"
        await self.send(
            "response.created", response={"id": response, "status": "in_progress", "conversation_id": "c"}
        )
        await self.send("response.output_item.added", **at, item=message)
        await self.send("conversation.item.added", item=message)
        await self.send(
            "response.content_part.added", **place, part={"type": "audio" if has_sound else "text"}
        )
        try:
            for _ in range(REPLY_MS // CHUNK_MS if has_sound else 0):
                delta = base64.b64encode((TONE * 32768).astype("<i2").tobytes()).decode()
                await self.send("response.output_audio.delta", **place, delta=delta)
                await asyncio.sleep(CHUNK_MS / 1000)
        except asyncio.CancelledError:
            status = "cancelled"
        kind, told = ("output_audio_transcript", "transcript") if has_sound else ("output_text", "text")
        await self.send(f"response.{kind}.delta", **place, delta=self.says)
        await self.send(f"response.{kind}.done", **place, **{told: self.says})
        if has_sound:
            await self.send("response.output_audio.done", **place)
        await self.send("response.content_part.done", **place, part={})
        await self.send("conversation.item.done", item=message)
        await self.send("response.output_item.done", **at, item={**message, "status": "completed"})
        for _ in range(2 if self.doubles else 1):
            await self.send("response.done", response={"id": response, "status": status, "output": [message]})


@asynccontextmanager
async def parrots(shared_ids: bool = True, **habits: Any) -> AsyncIterator[tuple[str, list[Parrot]]]:
    """A server on a free port, its base URL, and everybody who was on the line."""
    numbers, on_line = itertools.count(), list[Parrot]()

    async def answer(socket: ServerConnection) -> None:
        on_line.append(Parrot(socket, numbers if shared_ids else itertools.count(), **habits))
        await on_line[-1].run()

    async with serve(answer, "127.0.0.1", 0, compression=None) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", on_line
