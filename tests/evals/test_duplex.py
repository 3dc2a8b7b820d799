from duologue.backends.scripted import Script, ScriptedBackend
from duologue.engine import Engine
from duologue.evals import duplex
from duologue.evals.report import Row
from duologue.evals.subject import Subject


def scripted(says: str, limit: int = 2) -> Subject:
    return Subject(Engine(ScriptedBackend(Script(says=(says,))), max_sessions=2), seed=3, limit=limit)


def by_skill(rows: list[Row]) -> dict[str, float]:
    return {row.skill: row.score for row in rows if row.n}


async def test_a_timer_of_silence_answers_late_and_into_every_long_pause() -> None:
    subject = scripted("this is a script", limit=3)
    turns = by_skill(await duplex.turns(subject))
    assert turns["takes the turn after a question"] == 100
    assert turns["answers right in a live call"] == 0
    assert turns["end of speech to first sound (without computing), p50"] > 400
    assert by_skill(await duplex.hesitations(subject))["takes the turn in a hesitation"] > 0
    assert subject.engine.num_sessions == 0


async def test_loudness_alone_stops_for_an_interruption_and_for_its_own_echo() -> None:
    subject = scripted("one two three four five six seven eight nine ten eleven twelve", limit=1)
    rows = by_skill(await duplex.interruptions(subject))
    assert rows["stops within 500 ms of an interruption"] == 100
    assert rows["… and answers the new question"] == 0
    assert rows["interruption to ducked, p50"] <= rows["interruption to stopped, p50"]


async def test_who_never_speaks_takes_no_turn_and_cannot_be_disturbed() -> None:
    subject = scripted("", limit=1)
    turns = by_skill(await duplex.turns(subject))
    assert turns["takes the turn after a question"] == 0
    disturbed = await duplex.disturbances(subject)
    assert [row.n for row in disturbed] == [0, 0, 0]
    assert disturbed[0].split == "unseen voice (1 without a reply)"
    assert by_skill(await duplex.quiet(subject)) == {"speaks though nobody spoke (12 s)": 0.0}
