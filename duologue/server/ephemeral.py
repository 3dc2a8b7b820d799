"""Short-lived secrets: a program hands `ek_...` to a browser, so that its own key stays at home.

A secret is bound to one session configuration and to the caller who made it, and may be used again until it
expires. Only its hash is kept, as a file's name: all workers at one port know it, and it outlives a restart.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from duologue.errors import NoAccess, TooMany
from duologue.files import explain

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


def digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


class Secrets:
    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._now = now

    def create(self, session: Session, seconds: int, caller: Caller) -> Secret:
        """A new secret of this caller for sessions like this one. Raises TooMany, or as a write does."""
        if self._forget_expired() >= MOST:
            raise TooMany(f"{MOST} secrets are unexpired already; wait, or ask for shorter ones")
        secret = Secret(PREFIX + secrets.token_urlsafe(32), int(self._now()) + seconds)
        bound = {"caller": caller.id, "session": session, "expires_at": secret.expires_at}
        self._write(self._folder / digest(secret.value), json.dumps(bound), secret.expires_at)
        return secret

    def caller(self, value: str) -> Caller:
        """Whose secret this is. Raises NoAccess when it has expired or never was."""
        try:
            bound = json.loads((self._folder / digest(value)).read_text(encoding="utf-8"))
        except FileNotFoundError:
            bound = None
        if bound is None or bound["expires_at"] <= self._now():
            raise NoAccess(
                "this secret is unknown or has expired; make a new one at /v1/realtime/client_secrets"
            )
        return Caller(bound["caller"], bound["session"])

    def _write(self, path: Path, text: str, expires_at: int) -> None:
        """Whole or not at all, for this account's eyes only. Its time of change is when it expires."""
        half = path.with_suffix(".half")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            half.touch(mode=0o600, exist_ok=False)
            half.write_text(text, encoding="utf-8")
            os.utime(half, (expires_at, expires_at))
            half.replace(path)
        except OSError as error:
            raise explain(error, path) from error

    def _forget_expired(self) -> int:
        """Returns how many are left."""
        try:
            found = list(os.scandir(self._folder))
        except FileNotFoundError:
            return 0
        now = self._now()
        expired = [entry for entry in found if entry.stat().st_mtime <= now]
        for entry in expired:
            Path(entry.path).unlink(missing_ok=True)
        return len(found) - len(expired)
