"""One written question after another, beside the voices: how much longer it takes than when all is quiet."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
import urllib.request
from dataclasses import dataclass, field

from bench.lines import Address

QUESTION = "What is the capital of France?"
WARM, IDLE = 1, 5  # requests before the first that counts, and those that count
PAUSE_S = 2.0
TIMEOUT_S = 60.0


@dataclass(slots=True)
class Chat:
    address: Address
    _busy: list[float] = field(default_factory=list)

    async def idle_ms(self) -> float:
        """The median, before anybody speaks."""
        times = [await self._ask() for _ in range(WARM + IDLE)]
        return statistics.median(times[WARM:])

    async def ask_until(self, until: float) -> None:
        while time.perf_counter() < until:
            await asyncio.sleep(PAUSE_S)
            self._busy.append(await self._ask())

    def busy_ms(self) -> float | None:
        return statistics.median(self._busy) if self._busy else None

    async def _ask(self) -> float:
        start = time.perf_counter()
        await asyncio.to_thread(self._post)
        return 1000.0 * (time.perf_counter() - start)

    def _post(self) -> None:
        messages = [{"role": "user", "content": QUESTION}]
        request = urllib.request.Request(
            f"{self.address.base_url.rstrip('/')}/chat/completions",
            json.dumps({"model": "gpt-4o", "messages": messages}).encode(),
            {**self.address.headers, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            response.read()
