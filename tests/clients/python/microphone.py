"""A microphone that never pauses, at the pace of a real one: what it is given to say, and silence between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

CHUNK_MS = 40
CHUNK = 24 * CHUNK_MS * 2  # bytes: 24 kHz, 16 bits


class Microphone:
    def __init__(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        self._send = send
        self._words = b""
        self._said = asyncio.Event()

    async def say(self, pcm16: bytes) -> None:
        """Returns when the last of it was sent."""
        self._said.clear()
        self._words += pcm16
        await self._said.wait()

    async def run(self) -> None:
        clock = asyncio.get_running_loop()
        due = clock.time()
        while True:
            chunk, self._words = self._words[:CHUNK], self._words[CHUNK:]
            await self._send(chunk.ljust(CHUNK, b"\0"))
            if not self._words:
                self._said.set()
            due += CHUNK_MS / 1000
            await asyncio.sleep(max(0.0, due - clock.time()))


@asynccontextmanager
async def microphone(send: Callable[[bytes], Awaitable[None]]) -> AsyncIterator[Microphone]:
    """It is open until the block ends; what goes wrong in sending is raised there."""
    opened = Microphone(send)
    running = asyncio.create_task(opened.run())
    try:
        yield opened
    finally:
        running.cancel()
        await asyncio.wait([running])
        if not running.cancelled() and running.exception() is not None:
            raise RuntimeError("the microphone broke") from running.exception()
