"""How much a caller may ask in a minute: requests before the work is done, tokens after it was.

The numbers are the settings'. Counted in this process's memory: each of several workers counts for itself.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Literal

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter

from duologue.errors import TooMany
from duologue.server.ephemeral import Caller
from duologue.settings import Settings


@dataclass(frozen=True, slots=True)
class RateLimit:
    """One line of `rate_limits.updated`, and of the headers."""

    name: Literal["requests", "tokens"]
    limit: int
    remaining: int
    reset_seconds: float  # until all of it is there again


class Limits:
    def __init__(self, settings: Settings) -> None:
        memory = MemoryStorage()
        self._requests = RateLimitItemPerMinute(settings.requests_per_minute, namespace="requests")
        self._tokens = RateLimitItemPerMinute(settings.tokens_per_minute, namespace="tokens")
        self._by_request = MovingWindowRateLimiter(memory)
        # A moving window would remember every single token; two counters are near enough.
        self._by_token = SlidingWindowCounterRateLimiter(memory)

    def request(self, caller: Caller) -> None:
        """Count one request. Raises TooMany, and counts nothing, when the minute is used up."""
        tokens = self._tokens_left(caller)
        if tokens.remaining <= 0:
            raise _too_many(tokens)
        if not self._by_request.hit(self._requests, caller.id):
            raise _too_many(self._requests_left(caller))

    def use(self, caller: Caller, tokens: int) -> None:
        """Count tokens that were used. What is over the limit is forgiven; the next request is not."""
        counted = min(tokens, self._tokens_left(caller).remaining)
        if counted > 0:
            self._by_token.hit(self._tokens, caller.id, cost=counted)

    def state(self, caller: Caller) -> list[RateLimit]:
        return [self._requests_left(caller), self._tokens_left(caller)]

    def _requests_left(self, caller: Caller) -> RateLimit:
        reset, remaining = self._by_request.get_window_stats(self._requests, caller.id)
        return RateLimit("requests", self._requests.amount, remaining, _seconds_to(reset))

    def _tokens_left(self, caller: Caller) -> RateLimit:
        reset, remaining = self._by_token.get_window_stats(self._tokens, caller.id)
        return RateLimit("tokens", self._tokens.amount, remaining, _seconds_to(reset))


def headers(limits: list[RateLimit]) -> dict[str, str]:
    """As OpenAI's: x-ratelimit-limit-requests and so on."""
    told: dict[str, str] = {}
    for each in limits:
        told[f"x-ratelimit-limit-{each.name}"] = str(each.limit)
        told[f"x-ratelimit-remaining-{each.name}"] = str(each.remaining)
        told[f"x-ratelimit-reset-{each.name}"] = _duration(each.reset_seconds)
    return told


def _too_many(limit: RateLimit) -> TooMany:
    wait = max(1, math.ceil(limit.reset_seconds))
    error = TooMany(f"the {limit.limit} {limit.name} of this minute are used up; try again in {wait} s")
    error.retry_after_s = wait
    return error


def _seconds_to(moment: float) -> float:
    return round(max(0.0, moment - time.time()), 3)


def _duration(seconds: float) -> str:
    """As OpenAI writes them: 12ms, 6.5s, 1m0s."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}m{rest:.0f}s" if minutes else f"{rest:g}s"
