"""What a task gives, kept from the first to the last, so that anyone may read it from any place.

The task runs as fast as it can: a slow or absent reader holds nothing of the network's. What it gives is
bounded by the longest reply, so the tape is too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Generic, TypeVar

from duologue.errors import TookTooLong

T = TypeVar("T")

MOST_SECONDS = 600.0  # for one request, all its choices together


class Tape(Generic[T]):
    """Stop it when nobody wants it any more."""

    def __init__(self, source: AsyncGenerator[T, None], most_seconds: float | None = MOST_SECONDS) -> None:
        """None: the source minds the time itself."""
        self._items: list[T] = []
        self._grown = asyncio.Event()
        self._task = asyncio.create_task(self._record(source, most_seconds))
        self._task.add_done_callback(lambda _: self._grown.set())

    @property
    def is_over(self) -> bool:
        return self._task.done()

    async def read(self, start: int = 0) -> AsyncGenerator[T, None]:
        """All from number `start` on, as it comes; ends early when the tape is stopped.

        Raises, behind the last item, what the source raised. Safe to cancel.
        """
        at = start
        while True:
            while at < len(self._items):
                yield self._items[at]
                at += 1
            if self._task.done():
                if not self._task.cancelled():
                    self._task.result()
                return
            await self._grown.wait()
            if not self._task.done():
                self._grown.clear()

    async def begun(self) -> None:
        """Wait for the first item. Raises what the source raised before it."""
        async with aclosing(self.read()) as items:
            await anext(items, None)

    def cancel(self) -> None:
        """Stop it, without waiting."""
        self._task.cancel()

    async def stop(self) -> None:
        """Cancel what is still being made, and wait until it has let go. Safe to call again."""
        self._task.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.exception()  # seen: asyncio need not complain

    async def _record(self, source: AsyncGenerator[T, None], most_seconds: float | None) -> None:
        try:
            async with asyncio.timeout(most_seconds), aclosing(source):
                async for item in source:
                    self._items.append(item)
                    self._grown.set()
        except TimeoutError:
            raise TookTooLong(f"this takes longer than {most_seconds:g} s; ask for less at once") from None
