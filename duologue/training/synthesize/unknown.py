"""Questions outside the closed world, so that the network learns to say that it is not sure.

Patterns with slots give about nine hundred questions; the patterns in `UNSEEN` are never trained on.
"""

from numpy.random import Generator

from duologue.training.synthesize.phrasing import ways

UNKNOWN_ANSWER = "I am not sure about that."
UNKNOWN_KEY = "not sure"

_SLOTS = {
    name: ways(values)
    for name, values in (
        ("city", "Chicago | Barcelona | Munich | Naples | Sydney | Toronto | Mumbai | Osaka | Lyon | Porto"),
        ("other", "Bolivia | Mongolia | Fiji | Laos | Malta | Senegal | Jamaica | Estonia | Bhutan | Zambia"),
        ("game", "football | tennis | hockey | baseball | rugby | golf"),
        ("thing", "phone | house | bicycle | sofa | guitar | laptop | ticket | camera"),
        ("work", "that song | this movie | that book | the opera | this poem | that painting"),
        ("event", "the concert | the election | the festival | the next eclipse | the meeting | the race"),
        (
            "thinker",
            "the president | the mayor | the winner | the inventor of the zip | my neighbor | the coach",
        ),
        (
            "topic",
            "quantum physics | the stock market | tax law | medieval history | opera | philosophy",
        ),
        ("big", "the moon | a cloud | the longest river | this mountain | that bridge | the universe"),
        ("dish", "lasagna | sushi | goulash | paella | curry | pancakes"),
    )
}
TRAINED = ways("""
What is the weather in {city}? | Will it rain in {city} tomorrow? | How many people live in {city}? |
What is the capital of {other}? | Who won the {game} game? | Who is the best {game} player? | How much
is a {thing}? | How much does a {thing} cost? | Where can I buy a {thing}? | Who wrote {work}? | Who
made {work}? | What is {work} about? | When is {event}? | Where is {event}? | Who is {thinker}? | How
old is {thinker}? | Where was {thinker} born? | Explain {topic} to me. | What do you think of {topic}? |
Tell me about {topic}. | How far away is {big}? | How much does {big} weigh? | What is the recipe for
{dish}? | How long do I cook {dish}? | Which train goes to {city}? | What is the news from {city}? |
What is the price of gold? | What is the news today? | What should I wear today? | Who will win the
election? | When does the shop close? | What is my horoscope? | Where did I put my keys? | What am I
thinking? | Which stock should I buy? | How do I fix my roof? | Who is at the door? | What is the
meaning of life? | What did my boss say? | How tall is my brother? | Why is my computer slow? | When is
the next bus? | What happened last year? | Who called me yesterday? | What is in my pocket? | How many
stars are there? | Who discovered America? | Which team is the best? | How long is this river? | What is
on television?
""")
UNSEEN = ways("""
How hot is it in {city}? | Which city is the capital of {other}? | What was the score of the {game}
game? | Is a {thing} expensive? | What year is {work} from? | How do I get to {event}? | Have you met
{thinker}? | What do you know about {topic}? | How long have people known {big}? | How do you cook
{dish}? | What is the best restaurant here? | Why was my flight late? | What number am I thinking of?
""")


def unknown_questions(split: str = "train") -> tuple[str, ...]:
    """Return every question of the split."""
    found: list[str] = []
    for pattern in TRAINED if split == "train" else UNSEEN:
        slot = next((name for name in _SLOTS if f"{{{name}}}" in pattern), None)
        found += (
            [pattern] if slot is None else [pattern.replace(f"{{{slot}}}", value) for value in _SLOTS[slot]]
        )
    return tuple(found)


def unknown_question(rng: Generator, split: str = "train") -> tuple[str, str]:
    """Return a question and the name of its template."""
    patterns = TRAINED if split == "train" else UNSEEN
    index = int(rng.integers(len(patterns)))
    pattern = patterns[index]
    for name, values in _SLOTS.items():
        pattern = pattern.replace(f"{{{name}}}", values[int(rng.integers(len(values)))])
    return pattern, f"unknown/{'' if split == 'train' else 'u'}{index}"
