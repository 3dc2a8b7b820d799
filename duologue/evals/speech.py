"""Does it hear and speak: transcripts, moods and languages heard; words and manners of its own voice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import cycle, islice

from numpy.random import Generator

from duologue.evals import manners
from duologue.evals.compare import Errors, letter_errors, rate, word_errors
from duologue.evals.judge import Judge
from duologue.evals.material import (
    REFERENCE_VOICES,
    Samples,
    Speech,
    Who,
    far_and_noisy,
    recordings,
    reference,
    rng_of,
    say,
    sentences,
    short_replies,
    talks,
)
from duologue.evals.report import Example, Reach, Row, error_rate, share
from duologue.evals.subject import Subject
from duologue.evals.talking import answer, listen

HEARD: tuple[tuple[str, Who, bool], ...] = (
    ("seen voice, unseen sentence", "seen voice", False),
    ("unseen voice", "unseen voice", False),
    ("unseen voice, far and noisy", "unseen voice", True),
    ("unseen synthesiser", "unseen synthesiser", False),
)
WER_REACH = Reach(30, at_least=False)
ABOVE_FLOOR = 20.0  # points of letter errors that own speech may lie above the judge's floor
MOODS = ("neutral", "happy", "excited", "sad", "angry", "calm", "urgent", "confused", "whisper")
STYLES = ("excited", "calm", "sad", "whisper", "sing", "robot", "slow", "fast")
LANGUAGES = ("en", "es", "fr", "de", "it")


async def transcripts(subject: Subject) -> list[Row]:
    """Word errors of what it writes down of what it hears."""
    rows = []
    for split, who, noisy in HEARD:
        rng = rng_of(f"transcript {split}", subject.seed)
        said = (say(text, who, rng) for text in _questions(subject.seed))
        heard = (far_and_noisy(one, rng) for one in said) if noisy else said
        reach = WER_REACH if split == "unseen voice" else None
        rows.append(await transcribed(subject, split, islice(heard, subject.limit), rng, reach))
    if subject.data is not None:
        sets = recordings(subject.data, subject.limit)
        for name, clips in ((name, clips) for name, clips in sets.items() if clips):
            rows.append(await transcribed(subject, f"people: {name}", clips, rng_of(name, subject.seed)))
    return rows


def _questions(seed: int) -> Iterable[str]:
    return (one.asked for talk in talks(seed, "unseen_template") for one in talk)


async def transcribed(
    subject: Subject, split: str, utterances: Iterable[Speech], rng: Generator, reach: Reach | None = None
) -> Row:
    errors: list[Errors] = []
    wrong = []
    for speech in utterances:
        async with subject.engine.session(subject.asked()) as session:
            text, _ = await listen(session, speech, rng)
        errors.append(word_errors(speech.text, text))
        if errors[-1].edits:
            wrong.append(Example(speech.voice, speech.text, text))
        subject.tick("transcribes")
    return error_rate("transcribes (word errors)", split, _pairs(errors), reach=reach, examples=wrong)


async def tags(subject: Subject) -> list[Row]:
    """Moods and languages named."""
    rng = rng_of("moods", subject.seed)
    texts = islice(_questions(subject.seed), subject.limit)
    moods = [
        (say(text, "unseen voice", rng, mood), mood) for text, mood in zip(texts, cycle(MOODS), strict=False)
    ]
    spoken = [
        (say(text, "unseen voice", rng, language=language), language)
        for language, text in islice(sentences(LANGUAGES), subject.limit)
    ]
    return [
        await _named(subject, "names the mood", moods, rng, MOODS),
        await _named(subject, "names the language", spoken, rng, LANGUAGES),
    ]


async def _named(
    subject: Subject,
    skill: str,
    spoken: Sequence[tuple[Speech, str]],
    rng: Generator,
    names: Sequence[str],
) -> Row:
    """How often the tag among `names` is the one wanted."""
    hits, wrong = [], []
    for speech, wanted in spoken:
        async with subject.engine.session(subject.asked()) as session:
            _, found = await listen(session, speech, rng)
        named = [tag for tag in found if tag in names]
        hits.append(named[:1] == [wanted])
        if not hits[-1]:
            wrong.append(Example(f"{speech.voice}: {speech.text}", wanted, " ".join(named)))
        subject.tick(skill)
    chance = max(Counter(wanted for _, wanted in spoken).values(), default=0) / max(1, len(spoken))
    return share(skill, "unseen voice", hits, chance=chance, examples=wrong)


async def own_speech(subject: Subject) -> list[Row]:
    """Letter errors of the judge on what each own voice was told to say, beside the same judge's floor."""
    judge, rows = Judge(), []
    texts = short_replies(subject.seed, subject.limit)
    for voice in subject.engine.voices:
        errors, floor, wrong = [], [], []
        for text in texts:
            async with subject.engine.session(subject.asked(voice)) as session:
                own = await answer(session, replace(subject.reply, text=text))
            heard = judge.hear(own.sound)
            errors.append(letter_errors(text, heard))
            ideal = reference(text, voice)
            if ideal is not None:
                floor.append(letter_errors(text, judge.hear(ideal)))
            if errors[-1].edits:
                wrong.append(Example(voice, text, heard))
            subject.tick("speaks")
        lowest = rate(floor) if floor else None
        reach = None if lowest is None else Reach(100 * lowest + ABOVE_FLOOR, at_least=False)
        rows.append(
            error_rate(
                "speaks (letter errors)",
                f"voice {voice}",
                _pairs(errors),
                floor=lowest,
                reach=reach,
                examples=wrong,
            )
        )
    return rows


async def styles(subject: Subject) -> tuple[list[Row], str]:
    """How often a manner of speaking can be told by its sound; and the measures, as a table."""
    voice = next((name for name in subject.engine.voices if name in REFERENCE_VOICES), None)
    if voice is None:
        return [], ""
    texts = short_replies(subject.seed + 1, max(2, subject.limit // len(STYLES)))
    ours: dict[str, list[manners.Measures]] = {style: [] for style in STYLES}
    ideal: dict[str, list[manners.Measures]] = {style: [] for style in STYLES}
    for text in texts:
        plain, ideal_plain = await _styled(subject, text, voice, "neutral"), reference(text, voice)
        assert ideal_plain is not None
        for style in STYLES:
            ours[style].append(manners.change(plain, await _styled(subject, text, voice, style)))
            ideal_styled = reference(text, voice, style)
            assert ideal_styled is not None
            ideal[style].append(manners.change(ideal_plain, ideal_styled))
            subject.tick("speaks in manners")
    row = share(
        "speaks in the manner asked for",
        f"voice {voice}",
        manners.told_apart(ours, ideal),
        chance=1 / len(STYLES),
    )
    best = share(
        "… the same of reference speech",
        f"voice {voice}",
        manners.told_apart(ideal, ideal),
        chance=1 / len(STYLES),
    )
    return [row, best], manners.table(ours, ideal)


async def _styled(subject: Subject, text: str, voice: str, style: str) -> Samples:
    async with subject.engine.session(subject.asked(voice)) as session:
        return (await answer(session, replace(subject.reply, text=text, style=style))).sound


def _pairs(errors: Sequence[Errors]) -> list[tuple[int, int]]:
    return [(one.edits, one.length) for one in errors]
