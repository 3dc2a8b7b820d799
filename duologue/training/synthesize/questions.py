"""How the closed facts are asked about: each kind of question has its phrasings, answers and follow-ups.

The phrasings in `asks_unseen`, `again_unseen` and `its_unseen` are heard only in the split "unseen_template".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from duologue.training.synthesize import facts
from duologue.training.synthesize.spoken import number_words, ordinal_words

Fact = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of question. The texts are format strings over a fact; `key` is what a right answer contains.

    `again` asks the same of another fact ("And of Spain?"); `its` asks it of the fact just spoken of. A fact
    has an `id`, by which kinds share it.
    """

    name: str
    topic: str
    facts: tuple[Fact, ...]
    asks: tuple[str, ...]
    asks_unseen: tuple[str, ...]
    answers: tuple[str, ...]
    key: str
    again: tuple[str, ...] = ()
    again_unseen: tuple[str, ...] = ()
    its: tuple[str, ...] = ()
    its_unseen: tuple[str, ...] = ()
    facts_unseen: tuple[Fact, ...] = ()
    weight: float = 1.0


def a(noun: str) -> str:
    """Return the noun with its indefinite article."""
    vowel = noun[0] in "aeiou" and not noun.startswith(("uni", "eu", "one"))
    return f"{'an' if vowel else 'a'} {noun}"


def _bare(noun: str) -> str:
    return noun.removeprefix("a ").removeprefix("an ").removeprefix("the ")


def _countries() -> tuple[Fact, ...]:
    return tuple(
        {"id": country, "country": country, "capital": capital, "language": language, "continent": continent}
        for country, capital, language, continent in facts.COUNTRIES
    )


def _geography() -> Iterator[Kind]:
    countries = _countries()
    again = ("And of {country}?", "What about {country}?", "And {country}?")
    yield Kind(
        "capital",
        "geography",
        countries,
        (
            "What is the capital of {country}?",
            "What's the capital of {country}?",
            "Tell me the capital of {country}.",
            "Which city is the capital of {country}?",
            "Do you know the capital of {country}?",
            "Please name the capital of {country}.",
        ),
        ("What city is the capital of {country}?", "Can you tell me the capital of {country}?"),
        ("The capital of {country} is {capital}.", "It is {capital}."),
        "{capital}",
        again,
        ("And what about {country}?",),
        ("And its capital?", "What is its capital?"),
        ("And what is its capital?",),
        weight=3,
    )
    yield Kind(
        "country_of",
        "geography",
        countries,
        (
            "{capital} is the capital of which country?",
            "Which country has the capital {capital}?",
            "What country is {capital} in?",
            "In which country is {capital}?",
            "Where is {capital}?",
        ),
        ("{capital} is in which country?",),
        ("{capital} is in {country}.",),
        "{country}",
        ("And {capital}?", "What about {capital}?"),
        ("And where is {capital}?",),
    )
    yield Kind(
        "language",
        "geography",
        countries,
        (
            "What language do they speak in {country}?",
            "Which language is spoken in {country}?",
            "What do people speak in {country}?",
            "Tell me the language of {country}.",
            "What is the language of {country}?",
        ),
        ("What language do people speak in {country}?",),
        ("They speak {language} in {country}.", "They speak {language}."),
        "{language}",
        ("And in {country}?", "What about {country}?"),
        ("And what about in {country}?",),
        ("And its language?", "What is its language?", "And what language do they speak?"),
        ("Which language do they speak there?",),
    )
    yield Kind(
        "continent",
        "geography",
        tuple(c for c in countries if c["continent"]),
        (
            "Which continent is {country} in?",
            "What continent is {country} on?",
            "On which continent is {country}?",
            "Where in the world is {country}?",
        ),
        ("{country} is on which continent?",),
        ("{country} is in {continent}.",),
        "{continent}",
        ("And {country}?", "What about {country}?"),
        ("And what about {country}?",),
        ("And its continent?", "Which continent is it in?"),
        ("And what continent is it on?",),
    )


def _arithmetic_facts(pairs: list[tuple[int, int]], sign: str) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """Return the facts to train on and the operand pairs kept for the unseen split (one in eight)."""
    results = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__}
    seen: list[Fact] = []
    unseen: list[Fact] = []
    for x, y in pairs:
        result = results[sign](x, y)
        fact = {
            "id": f"{x}{sign}{y}",
            "x": number_words(x),
            "y": number_words(y),
            "result": number_words(result),
        }
        (unseen if (x * 7 + y * 3) % 8 == 0 else seen).append(fact)
    return tuple(seen), tuple(unseen)


def _arithmetic() -> Iterator[Kind]:
    below_twenty = range(1, 20)
    seen, unseen = _arithmetic_facts([(x, y) for x in below_twenty for y in below_twenty], "+")
    answers = ("It is {result}.", "That makes {result}.")
    yield Kind(
        "sum",
        "numbers",
        seen,
        (
            "What is {x} plus {y}?",
            "How much is {x} plus {y}?",
            "What's {x} and {y}?",
            "Add {x} and {y}.",
            "What do {x} and {y} make?",
            "{x} plus {y}?",
            "Please add {x} to {y}.",
        ),
        ("Can you add {x} and {y}?", "What is the sum of {x} and {y}?"),
        answers,
        "{result}",
        ("And {x} plus {y}?", "What about {x} plus {y}?"),
        ("And what about {x} plus {y}?",),
        facts_unseen=unseen,
        weight=3,
    )
    seen, unseen = _arithmetic_facts([(x, y) for x in below_twenty for y in below_twenty if x >= y], "-")
    yield Kind(
        "difference",
        "numbers",
        seen,
        (
            "What is {x} minus {y}?",
            "How much is {x} minus {y}?",
            "Take {y} from {x}.",
            "{x} minus {y}?",
            "What is {x} take away {y}?",
        ),
        ("Can you take {y} from {x}?",),
        answers,
        "{result}",
        ("And {x} minus {y}?", "What about {x} minus {y}?"),
        ("And what about {x} minus {y}?",),
        facts_unseen=unseen,
        weight=2,
    )
    seen, unseen = _arithmetic_facts([(x, y) for x in range(1, 11) for y in range(1, 11)], "*")
    yield Kind(
        "product",
        "numbers",
        seen,
        (
            "What is {x} times {y}?",
            "How much is {x} times {y}?",
            "Multiply {x} by {y}.",
            "{x} times {y}?",
            "What's {x} times {y}?",
        ),
        ("Can you multiply {x} by {y}?",),
        answers,
        "{result}",
        ("And {x} times {y}?", "What about {x} times {y}?"),
        ("And what about {x} times {y}?",),
        facts_unseen=unseen,
        weight=1.5,
    )
    numbers: tuple[Fact, ...] = tuple(
        {"id": str(n), "x": number_words(n), "after": number_words(n + 1), "before": number_words(n - 1)}
        for n in range(1, 60)
    )
    yield Kind(
        "after",
        "numbers",
        numbers,
        (
            "What number comes after {x}?",
            "Which number follows {x}?",
            "What comes after {x}?",
            "What is the number after {x}?",
        ),
        ("Which number is next after {x}?",),
        ("After {x} comes {after}.", "It is {after}."),
        "{after}",
        ("And after {x}?",),
        ("And what comes after {x}?",),
    )
    yield Kind(
        "before",
        "numbers",
        numbers,
        ("What number comes before {x}?", "What comes before {x}?", "What is the number before {x}?"),
        ("Which number is just before {x}?",),
        ("Before {x} comes {before}.", "It is {before}."),
        "{before}",
        ("And before {x}?",),
        ("And what comes before {x}?",),
    )


def _more_facts() -> tuple[Fact, ...]:
    found = []
    for x in range(1, 21):
        for y in range(1, 21):
            if x != y:
                large, small = number_words(max(x, y)), number_words(min(x, y))
                found.append(
                    {
                        "id": f"{x},{y}",
                        "x": number_words(x),
                        "y": number_words(y),
                        "large": large,
                        "small": small,
                    }
                )
    return tuple(found)


def _order_facts() -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """Return facts for "which is bigger" and for "which is smaller": both orders of naming, any distance."""
    up, down = [], []
    for more, less, things in facts.ORDERS:
        for i, low in enumerate(things):
            for high in things[i + 1 :]:
                for x, y in ((low, high), (high, low)):
                    shared = {"x": x, "y": y}
                    up.append(
                        {"id": f"{more} {x} {y}", "word": more, "winner": high, "bare": _bare(high), **shared}
                    )
                    down.append(
                        {"id": f"{less} {x} {y}", "word": less, "winner": low, "bare": _bare(low), **shared}
                    )
    return tuple(up), tuple(down)


def _comparisons() -> Iterator[Kind]:
    more = _more_facts()
    yield Kind(
        "more",
        "comparisons",
        more,
        ("Which is more, {x} or {y}?", "What is more, {x} or {y}?", "Which number is larger, {x} or {y}?"),
        ("Is {x} or {y} more?",),
        ("{large} is more.",),
        "{large}",
        ("And {x} or {y}?",),
        ("What about {x} or {y}?",),
    )
    yield Kind(
        "fewer",
        "comparisons",
        more,
        ("Which is less, {x} or {y}?", "What is less, {x} or {y}?", "Which number is smaller, {x} or {y}?"),
        ("Is {x} or {y} less?",),
        ("{small} is less.",),
        "{small}",
        ("And {x} or {y}?",),
        ("What about {x} or {y}?",),
    )
    up, down = _order_facts()
    yield Kind(
        "order",
        "comparisons",
        up + down,
        (
            "Which is {word}, {x} or {y}?",
            "What is {word}, {x} or {y}?",
            "Who is {word}, {x} or {y}?",
            "Tell me which is {word}, {x} or {y}.",
        ),
        ("Is {x} or {y} {word}?",),
        ("{winner} is {word}.",),
        "{bare}",
        weight=2,
    )


def _time() -> Iterator[Kind]:
    rings = (("day", facts.DAYS), ("month", facts.MONTHS))
    steps: tuple[Fact, ...] = tuple(
        {"id": name, "unit": unit, "x": name, "after": ring[(i + 1) % len(ring)], "before": ring[i - 1]}
        for unit, ring in rings
        for i, name in enumerate(ring)
    )
    yield Kind(
        "next",
        "calendar",
        steps,
        (
            "What comes after {x}?",
            "Which {unit} comes after {x}?",
            "What {unit} follows {x}?",
            "Which {unit} is after {x}?",
        ),
        ("What is the next {unit} after {x}?",),
        ("After {x} comes {after}.", "It is {after}."),
        "{after}",
        ("And after {x}?",),
        ("And what comes after {x}?",),
        weight=1.5,
    )
    yield Kind(
        "previous",
        "calendar",
        steps,
        ("What comes before {x}?", "Which {unit} comes before {x}?", "Which {unit} is before {x}?"),
        ("What {unit} is just before {x}?",),
        ("Before {x} comes {before}.", "It is {before}."),
        "{before}",
        ("And before {x}?",),
        ("And what comes before {x}?",),
        weight=1.5,
    )
    places = (
        ("day", "week", facts.DAYS),
        ("month", "year", facts.MONTHS),
        ("planet", "solar system", facts.PLANETS),
    )
    ranks: tuple[Fact, ...] = tuple(
        {"id": name, "unit": unit, "whole": whole, "rank": ordinal_words(i + 1), "name": name}
        for unit, whole, names in places
        for i, name in enumerate(names)
    )
    yield Kind(
        "rank",
        "calendar",
        ranks,
        (
            "What is the {rank} {unit} of the {whole}?",
            "Which is the {rank} {unit} of the {whole}?",
            "Name the {rank} {unit} of the {whole}.",
            "Tell me the {rank} {unit} of the {whole}.",
        ),
        ("Which {unit} is the {rank} of the {whole}?",),
        ("The {rank} {unit} is {name}.",),
        "{name}",
        ("And the {rank} {unit} of the {whole}?",),
        ("What about the {rank} {unit} of the {whole}?",),
    )


def _animals() -> Iterator[Kind]:
    sounds: tuple[Fact, ...] = tuple(
        {"id": x, "x": a(x), "verb": verb, "bare": verb[:-1]} for x, verb in facts.SOUNDS
    )
    young: tuple[Fact, ...] = tuple({"id": x, "x": a(x), "young": y, "a_young": a(y)} for x, y in facts.YOUNG)
    homes: tuple[Fact, ...] = tuple({"id": x, "x": a(x), "home": y, "a_home": a(y)} for x, y in facts.HOMES)
    yield Kind(
        "sound",
        "animals",
        sounds,
        (
            "What sound does {x} make?",
            "What does {x} say?",
            "What noise does {x} make?",
            "Which sound does {x} make?",
        ),
        ("What kind of noise does {x} make?",),
        ("{x} {verb}.",),
        "{verb}",
        ("And {x}?", "What about {x}?"),
        ("And what about {x}?",),
        ("And what sound does it make?", "What does it say?"),
        ("What noise does it make?",),
    )
    yield Kind(
        "young",
        "animals",
        young,
        (
            "What is the young of {x} called?",
            "What do you call the baby of {x}?",
            "What is the baby of {x} called?",
            "What is the name for the young of {x}?",
        ),
        ("How do you call the young of {x}?",),
        ("It is called {a_young}.", "It is {a_young}."),
        "{young}",
        ("And of {x}?", "What about {x}?"),
        ("And what about {x}?",),
        ("And its young?", "What is its baby called?"),
        ("And what is its young called?",),
    )
    yield Kind(
        "home",
        "animals",
        homes,
        ("Where does {x} live?", "What is the home of {x}?", "What does {x} live in?"),
        ("What do you call the home of {x}?",),
        ("{x} lives in {a_home}.",),
        "{home}",
        ("And {x}?", "What about {x}?"),
        ("And what about {x}?",),
        ("And where does it live?",),
        ("Where is its home?",),
        weight=0.5,
    )


def _how_many(number: int) -> str:
    return "no" if number == 0 else number_words(number)


def _counts() -> Iterator[Kind]:
    parts: tuple[Fact, ...] = tuple(
        {
            "id": owner,
            "owner": a(owner),
            "part": part if n != 1 else part[:-1],
            "parts": part,
            "number": _how_many(n),
        }
        for owner, part, n in facts.PARTS
    )
    measures: tuple[Fact, ...] = tuple(
        {"id": f"{unit} {whole}", "unit": unit, "whole": whole, "number": number_words(n)}
        for unit, whole, n in facts.MEASURES
    )
    yield Kind(
        "parts",
        "counts",
        parts,
        (
            "How many {parts} does {owner} have?",
            "How many {parts} has {owner}?",
            "Tell me how many {parts} {owner} has.",
            "What number of {parts} does {owner} have?",
        ),
        ("Do you know how many {parts} {owner} has?",),
        ("{owner} has {number} {part}.",),
        "{number}",
        weight=1.5,
    )
    yield Kind(
        "measures",
        "counts",
        measures,
        (
            "How many {unit} are in {whole}?",
            "How many {unit} does {whole} have?",
            "How many {unit} are there in {whole}?",
            "Tell me how many {unit} are in {whole}.",
        ),
        ("Do you know how many {unit} are in {whole}?",),
        ("There are {number} {unit} in {whole}.",),
        "{number}",
        ("And in {whole}, how many {unit}?",),
        ("And how many {unit} in {whole}?",),
    )


def _words() -> Iterator[Kind]:
    both = [*facts.OPPOSITES, *((y, x) for x, y in facts.OPPOSITES)]
    yield Kind(
        "opposite",
        "words",
        tuple({"id": x, "x": x, "y": y} for x, y in both),
        (
            "What is the opposite of {x}?",
            "What's the opposite of {x}?",
            "Tell me the opposite of {x}.",
            "Which word is the opposite of {x}?",
            "Give me the opposite of {x}.",
        ),
        ("Can you say the opposite of {x}?",),
        ("The opposite of {x} is {y}.", "It is {y}."),
        "{y}",
        ("And of {x}?", "What about {x}?"),
        ("And the opposite of {x}?",),
        weight=2,
    )
    spelled: tuple[Fact, ...] = tuple(
        {"id": x, "x": x, "letters": ", ".join(x.upper())} for x in facts.SPELLED
    )
    yield Kind(
        "spell",
        "words",
        spelled,
        (
            "How do you spell {x}?",
            "Spell {x}.",
            "Please spell {x}.",
            "Spell the word {x}.",
            "How is {x} spelled?",
        ),
        ("Can you spell {x}?",),
        ("{letters}.",),
        "{letters}",
        ("And {x}?", "What about {x}?"),
        ("And how about {x}?",),
    )


def _category_facts() -> tuple[Fact, ...]:
    found = []
    for i, (kind, members) in enumerate(facts.KINDS):
        for j, thing in enumerate(members):
            other = facts.KINDS[(i + 1 + j) % len(facts.KINDS)][0]
            found.append({"id": thing, "x": thing, "kind": kind, "other": other, "bare": kind.split()[1]})
    return tuple(found)


def _things() -> Iterator[Kind]:
    yield Kind(
        "color",
        "things",
        tuple({"id": x, "x": x, "color": color} for x, color in facts.COLOURS),
        (
            "What color is {x}?",
            "Which color is {x}?",
            "What is the color of {x}?",
            "Tell me the color of {x}.",
            "Which color does {x} have?",
        ),
        ("What color does {x} have?",),
        ("{x} is {color}.",),
        "{color}",
        ("And {x}?", "What about {x}?"),
        ("And what about {x}?",),
        weight=2,
    )
    categories = _category_facts()
    yield Kind(
        "category",
        "things",
        categories,
        ("What is {x}?", "What kind of thing is {x}?", "Tell me what {x} is."),
        ("What sort of thing is {x}?",),
        ("{x} is {kind}.",),
        "{bare}",
        ("And {x}?", "What about {x}?"),
        ("And what is {x}?",),
    )
    # A bird and an insect are animals, so "is a dog an insect" is fair but "is an owl an animal" is not "no".
    apart = tuple(
        c
        for c in categories
        if {c["other"], c["kind"]} not in ({"an animal", "a bird"}, {"an animal", "an insect"})
    )
    yield Kind(
        "is_it",
        "things",
        apart,
        ("Is {x} {kind}?", "Would you say {x} is {kind}?", "Do you call {x} {kind}?"),
        ("Am I right that {x} is {kind}?",),
        ("Yes, {x} is {kind}.",),
        "yes",
        ("And is {x} {kind}?",),
        ("And what about {x}, is it {kind}?",),
        weight=0.7,
    )
    yield Kind(
        "is_it_not",
        "things",
        apart,
        ("Is {x} {other}?", "Would you say {x} is {other}?", "Do you call {x} {other}?"),
        ("Am I right that {x} is {other}?",),
        ("No, {x} is {kind}.",),
        "no",
        ("And is {x} {other}?",),
        ("And what about {x}, is it {other}?",),
        weight=0.7,
    )


def _people() -> Iterator[Kind]:
    jobs: tuple[Fact, ...] = tuple(
        {"id": x, "x": a(x), "job": x, "does": does, "word": word} for x, does, word in facts.JOBS
    )
    yield Kind(
        "who",
        "people",
        jobs,
        (
            "Who {does}?",
            "Which person {does}?",
            "What do you call someone who {does}?",
            "Tell me who {does}.",
        ),
        ("What is the name for someone who {does}?",),
        ("{x} {does}.",),
        "{job}",
        ("And who {does}?",),
        ("And what about someone who {does}?",),
    )
    yield Kind(
        "job",
        "people",
        jobs,
        ("What does {x} do?", "What is the job of {x}?", "What is {x} for?", "Tell me what {x} does."),
        ("What work does {x} do?",),
        ("{x} {does}.",),
        "{word}",
        ("And {x}?", "What about {x}?"),
        ("And what about {x}?",),
    )
    tools: tuple[Fact, ...] = tuple(
        {"id": x, "purpose": x, "tool": tool, "bare": tool.split()[-1]} for x, tool in facts.TOOLS
    )
    yield Kind(
        "tool",
        "people",
        tools,
        (
            "What do you use to {purpose}?",
            "What do I need to {purpose}?",
            "Which tool do I need to {purpose}?",
            "What helps me to {purpose}?",
            "With what can I {purpose}?",
        ),
        ("What should I take to {purpose}?",),
        ("You use {tool}.", "You need {tool}."),
        "{bare}",
        ("And to {purpose}?",),
        ("And what do I use to {purpose}?",),
        weight=1.5,
    )


def _science() -> Iterator[Kind]:
    for number, (answer, key, asks) in enumerate(facts.SCIENCE):
        yield Kind(
            f"science{number}",
            "science",
            ({"id": f"science{number}"},),
            asks[:-1],
            asks[-1:],
            (answer,),
            key,
            weight=0.12,
        )
    symbols: tuple[Fact, ...] = tuple({"id": x, "x": x, "symbol": symbol} for x, symbol in facts.SYMBOLS)
    yield Kind(
        "symbol",
        "science",
        symbols,
        ("What is the symbol of {x}?", "What is the chemical symbol for {x}?", "Tell me the symbol of {x}."),
        ("Which chemical symbol does {x} have?",),
        ("The symbol of {x} is {symbol}.",),
        "{symbol}",
        ("And of {x}?", "What about {x}?"),
        ("And the symbol of {x}?",),
    )
    orbits: tuple[Fact, ...] = tuple(
        {"id": x, "x": x, "y": y} for x, y in zip(facts.PLANETS, facts.PLANETS[1:], strict=False)
    )
    yield Kind(
        "planet",
        "science",
        orbits,
        ("Which planet comes after {x}?", "What planet is next after {x}?", "What is the planet after {x}?"),
        ("Which planet follows {x}?",),
        ("After {x} comes {y}.",),
        "{y}",
        ("And after {x}?",),
        ("And the planet after {x}?",),
        weight=0.6,
    )


def all_kinds() -> tuple[Kind, ...]:
    """Return every kind of closed question."""
    makers = (
        _geography,
        _arithmetic,
        _comparisons,
        _time,
        _animals,
        _counts,
        _words,
        _things,
        _people,
        _science,
    )
    return tuple(kind for maker in makers for kind in maker())


KINDS = all_kinds()
