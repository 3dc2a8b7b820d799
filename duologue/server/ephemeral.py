"""Short-lived secrets: a program hands `ek_...` to a browser, so that its own key stays at home.

A secret is bound to one session configuration and to the caller who made it, and may be used again until it
expires. Only its hash is kept.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from duologue.errors import NoAccess, TooMany

PREFIX = "ek_"
MOST = 10_000  # unexpired secrets kept; more than this many at once is a mistake of a caller

Session = dict[str, Any]  # a session as OpenAI's wire has it


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. What one caller keeps, no other sees."""

    id: str
    session: Session | None = None  # with an ephemeral secret: the configuration that it is bound to


@dataclass(frozen=True, slots=True)
class Secret:
    value: str
    expires_at: int  # seconds of Unix time


@dataclass(frozen=True, slots=True)
class _Bound:
    caller: Caller
    expires_at: int


def digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


class Secrets:
    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._bound: dict[str, _Bound] = {}

    def create(self, session: Session, seconds: int, caller: Caller) -> Secret:
        """A new secret of this caller for sessions like this one. Raises TooMany."""
        self._forget_expired()
        if len(self._bound) >= MOST:
            raise TooMany(f"{MOST} secrets are unexpired already; wait, or ask for shorter ones")
        secret = Secret(PREFIX + secrets.token_urlsafe(32), int(self._now()) + seconds)
        self._bound[digest(secret.value)] = _Bound(Caller(caller.id, session), secret.expires_at)
        return secret

    def caller(self, value: str) -> Caller:
        """Whose secret this is. Raises NoAccess when it has expired or never was."""
        bound = self._bound.get(digest(value))
        if bound is None or bound.expires_at <= self._now():
            raise NoAccess(
                "this secret has expired or is unknown here; make a new one at /v1/realtime/client_secrets"
            )
        return bound.caller

    def _forget_expired(self) -> None:
        now = self._now()
        for name in [name for name, bound in self._bound.items() if bound.expires_at <= now]:
            del self._bound[name]
