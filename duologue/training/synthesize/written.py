"""Written words, numbers and equations as pictures, to be read or worked on."""

from numpy.random import Generator
from PIL import Image

from duologue.training.synthesize import facts
from duologue.training.synthesize.canvas import (
    FACES,
    FACES_UNSEEN,
    SMOOTH,
    Colour,
    PictureQuestion,
    Pixels,
    canvas,
    font,
    paper,
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
        number = int(rng.integers(0, 10 ** int(rng.integers(1, 4))))
        question, template = READ_NUMBER.draw(rng, split)
        key = number_words(number)
        image = write(rng, str(number), split)
        return PictureQuestion(
            image, question, f"It is {key}.", key, "words", f"words.{template}", str(number)
        )
    text = " ".join(choose(rng, WORDS) for _ in range(int(rng.integers(1, 4))))
    shown = choose(rng, (text, text.upper(), sentence(text)))
    question, template = READ.draw(rng, split)
    return PictureQuestion(
        write(rng, shown, split), question, f"{sentence(text)}.", text, "words", f"words.{template}", shown
    )


def _sum_is_right(rng: Generator, split: str) -> PictureQuestion:
    x, y, right = int(rng.integers(1, 20)), int(rng.integers(1, 20)), bool(rng.random() < 0.5)
    sign = choose(rng, "+-" if x >= y else "+")
    result = x + y if sign == "+" else x - y
    shown = result if right else max(0, result + int(choose(rng, (-2, -1, 1, 2, 10)))) + (result == 0)
    right = shown == result
    question, template = IS_RIGHT.draw(rng, split)
    image = write(rng, f"{x} {sign} {y} = {shown}", split)
    answer = "Yes, that is right." if right else "No, check it again."
    return PictureQuestion(image, question, answer, "yes" if right else "no", "maths", f"maths.{template}")


def maths_question(rng: Generator, split: str = "train") -> PictureQuestion:
    """Ask for the next step of a written problem, to have it read, or whether a sum is right."""
    if rng.random() < 0.25:
        return _sum_is_right(rng, split)
    steps = problem(rng).steps
    shown, hint, key = steps[int(rng.integers(len(steps)))] if "=" in steps[0][0] else steps[0]
    image = write(rng, shown, split)
    if rng.random() < 0.25:
        question, template = READ_EQUATION.draw(rng, split)
        words = said(shown)
        return PictureQuestion(
            image, question, f"{sentence(words)}.", words, "maths", f"maths.{template}", shown
        )
    question, template = NEXT_STEP.draw(rng, split)
    return PictureQuestion(
        image, question, hint.replace("Now d", "D").replace("Now s", "S"), key, "maths", f"maths.{template}"
    )
