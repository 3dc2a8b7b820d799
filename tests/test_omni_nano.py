"""The network in the package: whole, small enough, and better than guessing."""

import asyncio
import hashlib
import json
from itertools import islice
from pathlib import Path

import duologue
from duologue.engine import Engine, ReplyOptions, SessionOptions, TurnPolicy
from duologue.settings import Settings
from duologue.training.synthesize.dialogue import dialogues
from duologue.training.synthesize.spoken import answer_is_right

FOLDER = Path(duologue.__file__).parent / "weights" / "omni-nano"
SEED = 2_000_000_000  # far from those of training and of the evaluations


def test_every_file_is_the_one_that_was_released() -> None:
    stored = json.loads((FOLDER / "config.json").read_text())["sha256"]
    here = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.iterdir()}
    del here["config.json"]
    assert here == stored


def test_it_stays_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 32_000_000


async def answers(num: int) -> list[bool]:
    """Is each typed question of new conversations in the closed world answered rightly?"""
    right = []
    async with await Engine.open(Settings(threads=1)) as engine:
        for talk in islice(dialogues(SEED), num):
            async with engine.session(SessionOptions(policy=TurnPolicy("manual"))) as session:
                await session.read(talk.turns[0].text)
                said = "".join([piece.text async for piece in session.say(ReplyOptions(sound=False))])
                right.append(answer_is_right(said, talk.turns[1].key))
    return right


def test_it_answers_far_better_than_chance() -> None:
    right = asyncio.run(answers(40))
    assert sum(right) >= 16, f"{sum(right)} of {len(right)}"  # the best single answer gets one or two
