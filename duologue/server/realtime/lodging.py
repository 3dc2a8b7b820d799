"""What a protocol needs to know of this server, for one caller."""

from __future__ import annotations

from dataclasses import dataclass

from duologue.engine import ReplyOptions
from duologue.server.ephemeral import Caller
from duologue.server.limits import Limits
from duologue.server.models import model_of, voice_of
from duologue.server.realtime.fields import Json
from duologue.server.realtime.shared import House
from duologue.server.state import ServerState
from duologue.sound import FRAME_SAMPLES, SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class CallersQuota:
    limits: Limits
    caller: Caller

    def request(self) -> None:
        self.limits.request(self.caller)

    def use(self, tokens: int) -> None:
        self.limits.use(self.caller, tokens)

    def state(self) -> list[Json]:
        return [
            {
                "name": each.name,
                "limit": each.limit,
                "remaining": each.remaining,
                "reset_seconds": each.reset_seconds,
            }
            for each in self.limits.state(self.caller)
        ]


def house(shared: ServerState, caller: Caller, plays: bool = False) -> House:
    """`plays`: the server itself plays the sound to the client, as over WebRTC."""
    settings, engine = shared.settings, shared.engine
    return House(
        voice_of=lambda name: voice_of(name or settings.voice, engine),
        model_of=lambda name: model_of(name, engine.model_name),
        count=engine.count,
        quota=CallersQuota(shared.limits, caller),
        defaults=ReplyOptions(
            max_tokens=max(1, round(settings.max_reply_s * SAMPLE_RATE / FRAME_SAMPLES)),
            temperature=settings.temperature,
            sound_temperature=settings.sound_temperature,
        ),
        plays=plays,
    )
