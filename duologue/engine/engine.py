"""Opens the backend that the settings name, hands out sessions, and caps how many."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from duologue.backends.contract import Backend, MindOptions
from duologue.engine.session import Session, SessionOptions
from duologue.errors import Busy
from duologue.settings import Settings

# By the model's name; every other name is that of a folder for the embedded network. Imported when asked for.
BACKENDS = {"scripted": "duologue.backends.scripted:ScriptedBackend"}
EMBEDDED = "duologue.backends.local.backend:LocalBackend"


@dataclass(frozen=True, slots=True)
class Stats:
    """How busy the engine is. Frame times are those of the newest frames heard in any session."""

    sessions: int
    frame_ms_p50: float
    frame_ms_p95: float
    queue_depth: int  # requests to the network that wait
    late_frames: int  # ever, that took longer than a frame lasts


class Engine:
    def __init__(self, backend: Backend, max_sessions: int, model_name: str = "scripted") -> None:
        self._backend = backend
        self.max_sessions = max_sessions
        self.model_name = model_name
        self._sessions: set[Session] = set()

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        """Load the network. Raises WeightsMissing, WeightsDamaged, ExtraMissing or BadSettings."""
        module, _, name = BACKENDS.get(settings.model, EMBEDDED).partition(":")
        backend: type[Backend] = getattr(importlib.import_module(module), name)
        return cls(await backend.open(settings), settings.max_sessions, settings.model_name)

    @property
    def voices(self) -> tuple[str, ...]:
        """The default first."""
        return self._backend.voices

    @property
    def languages(self) -> tuple[str, ...]:
        """Those that it can be asked to translate into."""
        return self._backend.languages

    @property
    def num_sessions(self) -> int:
        return len(self._sessions)

    @property
    def window(self) -> int:
        """How many positions a conversation has in view: tokens, frames and patches. What is older fades."""
        return self._backend.window

    def count(self, text: str) -> int:
        """How many tokens a text has."""
        return self._backend.count(text)

    def stats(self) -> Stats:
        """Cheap: may be asked at any time."""
        load = self._backend.load()
        return Stats(
            len(self._sessions), load.frame_ms_p50, load.frame_ms_p95, load.queue_depth, load.late_frames
        )

    @property
    def frame_seconds(self) -> float:
        """How long it took to understand a frame of sound lately, for 95 of 100."""
        return self._backend.load().frame_ms_p95 / 1000

    def session(self, options: SessionOptions | None = None) -> Session:
        """Begin a conversation; close it when it is over. Raises Busy, BadInput or BadText."""
        options = options or SessionOptions()
        if len(self._sessions) >= self.max_sessions:
            raise Busy(f"{self.max_sessions} conversations are held already; try again when one has ended")
        mind = self._backend.mind(
            MindOptions(options.voice, options.instructions, options.seed, options.tools)
        )
        session = Session(mind, options, self._sessions.discard)
        self._sessions.add(session)
        return session

    async def close(self) -> None:
        """Hang up every conversation and give the memory back."""
        for session in list(self._sessions):
            session.close()
        await self._backend.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
