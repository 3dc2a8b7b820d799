"""What every suite is given: the engine under test, how much to try, and what is shown while it works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from duologue.engine import Engine, ReplyOptions, SessionOptions, TurnPolicy


@dataclass(frozen=True, slots=True)
class Subject:
    engine: Engine
    seed: int = 0
    limit: int = 100  # tries for each row of the report
    data: Path | None = None  # a folder of recordings of people
    reply: ReplyOptions = field(default_factory=ReplyOptions)  # with the temperatures people meet
    tick: Callable[[str], None] = lambda skill: None  # called after each try

    def asked(self, voice: str | None = None) -> SessionOptions:
        """A conversation in which replies come when they are asked for."""
        return SessionOptions(voice=voice, policy=TurnPolicy("manual"), seed=self.seed)

    def live(self) -> SessionOptions:
        """A call, in which the network decides when to speak."""
        return SessionOptions(policy=TurnPolicy("own"), reply=self.reply, seed=self.seed)
