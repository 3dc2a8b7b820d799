"""Given words aloud: text of any length to a stream of samples, a breath at a time, in one manner.

One conversation is held for it, so that nobody takes the place between two breaths.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from duologue.engine import Engine, ReplyOptions, SessionOptions, TurnPolicy, Usage
from duologue.server.stretch import Stretcher
from duologue.sound import Samples
from duologue.text import breaths

LONGEST_BREATH = 745  # positions, a minute: what the network keeps in mind
# Manners that the network speaks in, by the words that instructions ask for them with. Moods before paces.
TONES = {
    "whisper": r"whisper\w*|hushed|under (your|the) breath|secretive\w*",
    "sing": r"sing|singing|sings|song|sing-song|singsong|melod\w*",
    "robot": r"robot\w*|monotone|mechanical\w*|machine-like|android",
    "excited": r"excit\w*|enthus\w*|energetic\w*|thrilled|hyped?|dramatic\w*|passionate\w*",
    "happy": r"happ\w*|cheer\w*|joy\w*|upbeat|bright\w*|playful\w*|friendly|warm\w*|smil\w*",
    "sad": r"sad\w*|sorrow\w*|melanchol\w*|mourn\w*|gloom\w*|depress\w*|somber\w*|sombre\w*",
    "angry": r"angr\w*|furious\w*|mad|annoyed|irritat\w*|stern\w*|hostile",
    "urgent": r"urgen\w*|hurried|alarm\w*|panick\w*|emergency",
    "confused": r"confus\w*|puzzled|unsure|uncertain\w*|bewildered",
    "calm": r"calm\w*|sooth\w*|relax\w*|gentle|gently|peaceful\w*|serene\w*|soft\w*|meditat\w*|reassur\w*",
    "neutral": r"neutral\w*|matter-of-fact|flat|deadpan|professional\w*|newsreader",
    "slow": r"slow\w*|unhurried|leisurely",
    "fast": r"fast\w*|quick\w*|rapid\w*|brisk\w*|speedy",
}
_NOT = r"(?<!not )(?<!never )(?<!n't )(?<!no )(?<!less )(?<!too )(?<!n't be )(?<!not be )(?<!n't sound )"
_TONES = {manner: re.compile(rf"{_NOT}\b({words})\b", re.IGNORECASE) for manner, words in TONES.items()}
_PACES = ("slow", "fast")


def tone_of(instructions: str) -> str | None:
    """The manner that instructions ask for; the first that is named, a mood before a pace.

    None leaves the choice to the network.
    """
    words = " ".join(instructions.split()).replace("’", "'")
    found = {manner: match.start() for manner, pattern in _TONES.items() if (match := pattern.search(words))}
    moods = {manner: at for manner, at in found.items() if manner not in _PACES}
    return min(moods or found, key=lambda manner: found[manner], default=None)


@dataclass(slots=True)
class Speaking:
    """One text being said. Iterate `samples` once; the rest is known when they have ended."""

    engine: Engine
    text: str
    options: ReplyOptions  # voice, style and temperatures; its text is not read
    speed: float = 1.0
    seed: int = 0
    usage: Usage = field(default_factory=Usage)

    async def samples(self) -> AsyncGenerator[Samples, None]:
        """Raises Busy and BadInput before the first. Close it to cancel."""
        stretcher, style = Stretcher(self.speed), self.options.style
        options = SessionOptions(voice=self.options.voice, policy=TurnPolicy("manual"), seed=self.seed)
        async with self.engine.session(options) as session:
            for breath in breaths(self.text):
                await session.recall(())  # a breath knows nothing of those before: their length costs nothing
                wish = replace(self.options, text=breath, style=style, max_tokens=LONGEST_BREATH)
                async with aclosing(session.say(wish)) as pieces:
                    async for piece in pieces:
                        self.usage = session.usage
                        style = style or piece.manner  # the network's choice holds for the whole text
                        if piece.sound is not None and len(ready := stretcher.push(piece.sound)):
                            yield ready
        if len(rest := stretcher.finish()):
            yield rest
