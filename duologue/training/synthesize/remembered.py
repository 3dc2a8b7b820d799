"""What a user may tell about himself and later ask for."""

from dataclasses import dataclass

from duologue.training.synthesize import facts
from duologue.training.synthesize.phrasing import Phrasing, phrasing
from duologue.training.synthesize.spoken import number_words


@dataclass(frozen=True, slots=True)
class Memory:
    """Something told (with a reply) and asked for (with an answer); {x} stands for one of the values."""

    values: tuple[str, ...]
    tells: Phrasing
    reply: str
    asks: Phrasing
    answer: str


def _memory(name: str, values: tuple[str, ...], tells: str, reply: str, asks: str, answer: str) -> Memory:
    return Memory(values, phrasing(f"tell_{name}", tells), reply, phrasing(f"recall_{name}", asks), answer)


MEMORIES = (
    _memory(
        "name",
        facts.FIRST_NAMES,
        "My name is {x}. | I am {x}. | Call me {x}. || You can call me {x}.",
        "Nice to meet you, {x}.",
        "What is my name? | What's my name? | Do you remember my name? | Who am I? || Tell me my name.",
        "Your name is {x}.",
    ),
    _memory(
        "color",
        facts.PLAIN_COLOURS,
        "My favorite color is {x}. | I like the color {x}. || The color I like best is {x}.",
        "{x} is a nice color.",
        "What is my favorite color? | Which color do I like? || Do you remember my favorite color?",
        "Your favorite color is {x}.",
    ),
    _memory(
        "food",
        facts.FOODS,
        "I like {x}. | My favorite food is {x}. || The food I like best is {x}.",
        "Okay, you like {x}.",
        "What do I like to eat? | What is my favorite food? || Do you remember my favorite food?",
        "You like {x}.",
    ),
    _memory(
        "hobby",
        facts.HOBBIES,
        "My hobby is {x}. | I enjoy {x}. || What I enjoy is {x}.",
        "{x} sounds fun.",
        "What is my hobby? | What do I enjoy? || Do you remember my hobby?",
        "You enjoy {x}.",
    ),
    _memory(
        "home",
        tuple(row[1] for row in facts.COUNTRIES),
        "I live in {x}. | My home is in {x}. || I have a home in {x}.",
        "{x} is a nice city.",
        "Where do I live? | In which city do I live? || Do you remember where I live?",
        "You live in {x}.",
    ),
    _memory(
        "number",
        tuple(number_words(number) for number in range(1, 60)),
        "Remember the number {x}. | Keep the number {x} in mind. || Do not forget the number {x}.",
        "Okay, I will remember {x}.",
        "What was the number? | Which number did I tell you? || Do you remember the number?",
        "The number is {x}.",
    ),
    _memory(
        "pet",
        facts.FIRST_NAMES,
        "My dog is called {x}. | I have a dog called {x}. || The name of my dog is {x}.",
        "{x} is a good name.",
        "What is my dog called? | What is the name of my dog? || Do you remember the name of my dog?",
        "Your dog is called {x}.",
    ),
)
