"""A scripted mind that draws: its picture is the number of the drawing, in grey."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import numpy as np

from duologue.backends.contract import MindOptions, Piece, ReplyOptions
from duologue.backends.scripted import ScriptedBackend, ScriptedMind


class DrawingMind(ScriptedMind):
    async def reply(self, options: ReplyOptions) -> AsyncGenerator[Piece, None]:
        if not options.draw:
            async for piece in ScriptedMind.reply(self, options):
                yield piece
            return
        self.asked.append(options)
        yield Piece(image=np.full((64, 64, 3), 100 + (options.seed or 0), np.uint8), done=True)


@dataclass(slots=True)
class DrawingBackend(ScriptedBackend):
    made: list[DrawingMind] = field(default_factory=list)

    def mind(self, options: MindOptions) -> ScriptedMind:
        self.made.append(DrawingMind(self.script))
        return self.made[-1]
