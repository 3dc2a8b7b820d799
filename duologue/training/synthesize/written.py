"""Written words, numbers and equations as pictures, to be read or worked on."""

from numpy.random import Generator
from PIL import Image

from duologue.training.synthesize import facts
from duologue.training.synthesize.canvas import (
    FACES,
    FACES_UNSEEN,
    SMOOTH,
    Asked,
    Colour,
    PictureQuestion,
    Pixels,
    ask,
    canvas,
    font,
    paper,
    picture_with,
    pixels,
)
from duologue.training.synthesize.coaching import problem, said
from duologue.training.synthesize.phrasing import choose, phrasing, sentence, words
from duologue.training.synthesize.spoken import number_words

INKS: tuple[Colour, ...] = ((20, 20, 20), (25, 45, 140), (130, 25, 30), (25, 95, 50), (70, 70, 70))
_SIGNS = words("""
    open exit stop bread water apple music garden window table paper school market station coffee bakery
    hotel museum park bridge river street welcome today tomorrow sale free new best fresh happy birthday
    thank please
""")
_KNOWN = {word for pair in facts.OPPOSITES for word in pair} | {row[0] for row in facts.SOUNDS}
WORDS = tuple(sorted(_KNOWN | {*facts.SPELLED, *_SIGNS}))


def write(rng: Generator, text: str, split: str = "train", size: int = 0) -> Pixels:
    """Write a line by an unsteady hand: each letter a little higher or lower, the whole a little turned."""
    face = choose(rng, FACES_UNSEEN if split == "unseen_style" else FACES)
    size = size or int(rng.integers(18, 27))
    letters = font(face, size * SMOOTH)
    width = 16 * -(-int(letters.getlength(text) / SMOOTH + 20) // 16)
    height = 16 * -(-int(size * 1.9) // 16)
    background = paper(rng, split)
    image, draw = canvas(width, height, background)
    shake = float(rng.uniform(0, 0.06)) * size * SMOOTH
    x, middle = 10.0 * SMOOTH, height * SMOOTH / 2
    ink = choose(rng, INKS)
    for letter in text:
        draw.text((x, middle + float(rng.uniform(-shake, shake))), letter, ink, letters, "lm")
        x += letters.getlength(letter)
    turned = image.rotate(float(rng.uniform(-2, 2)), Image.Resampling.BILINEAR, fillcolor=background)
    return pixels(turned)


READ = phrasing(
    "read",
    """What does it say? | Read this. | What is written here? | Read the text. | Please read it to me. |
    What can you read? || Tell me what is written here.""",
)
READ_NUMBER = phrasing(
    "read_number",
    "What number is this? | Read the number. | Which number do you see? || Tell me the number.",
)
NEXT_STEP = phrasing(
    "next_step",
    """What is the next step? | What do I do first? | How do I begin? | Help me with this. | How do I solve
    this? || I am stuck here, what now?""",
)
READ_EQUATION = phrasing(
    "read_equation",
    "Read the equation. | What does the equation say? || Tell me the equation.",
)
IS_RIGHT = phrasing(
    "is_right",
    "Is this right? | Is this correct? | Did I get it right? | Check this for me. || Have I made a mistake?",
)


def words_question(rng: Generator, split: str = "train") -> PictureQuestion:
    """Ask for one to three written words, or a number."""
    if rng.random() < 0.25:
        shown = str(int(rng.integers(0, 10 ** int(rng.integers(1, 4)))))
        key = number_words(int(shown))
        asked = ask(rng, split, READ_NUMBER, f"It is {key}.", key)
    else:
        text = " ".join(choose(rng, WORDS) for _ in range(int(rng.integers(1, 4))))
        shown = choose(rng, (text, text.upper(), sentence(text)))
        asked = ask(rng, split, READ, f"{text}.", text)
    return picture_with(write(rng, shown, split), "words", asked._replace(written=shown))


def _sum_is_right(rng: Generator, split: str) -> tuple[str, Asked]:
    x, y = int(rng.integers(1, 20)), int(rng.integers(1, 20))
    sign = choose(rng, "+-" if x > y else "+")
    result = x + y if sign == "+" else x - y
    shown = result if rng.random() < 0.5 else abs(result + choose(rng, (-1, 1, 2, 10)))
    right = shown == result
    answer, key = ("Yes, that is right.", "yes") if right else ("No, check it again.", "no")
    return f"{x} {sign} {y} = {shown}", ask(rng, split, IS_RIGHT, answer, key)


def _next_step(rng: Generator, split: str) -> tuple[str, Asked]:
    steps = problem(rng).steps
    shown, hint, key = choose(rng, steps) if "=" in steps[0][0] else steps[0]
    return shown, ask(rng, split, NEXT_STEP, hint.removeprefix("Now "), key)


def _read_equation(rng: Generator, split: str) -> tuple[str, Asked]:
    shown = problem(rng).written
    return shown, ask(rng, split, READ_EQUATION, f"{said(shown)}.", said(shown))._replace(written=shown)


def maths_question(rng: Generator, split: str = "train") -> PictureQuestion:
    """Ask for the next step of a written problem, to have it read, or whether a sum is right."""
    maker = choose(rng, (_next_step, _next_step, _read_equation, _sum_is_right))
    shown, asked = maker(rng, split)
    return picture_with(write(rng, shown, split), "maths", asked)
