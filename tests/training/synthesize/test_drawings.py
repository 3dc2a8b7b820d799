from itertools import islice

import numpy as np

from duologue.training.synthesize.canvas import COLOURS
from duologue.training.synthesize.drawings import draw_things, drawings


def test_drawings_are_small_and_bold() -> None:
    for drawing in islice(drawings(0), 150):
        assert drawing.image.shape == (64, 64, 3)
        assert drawing.image.dtype == np.uint8
        assert np.ptp(drawing.image) > 80
        assert not any(letter.isdigit() or letter in "{}" for letter in drawing.prompt)
        said = drawing.prompt.lower()
        assert all(word in said for word in drawing.key.split())


def test_a_red_circle_is_red() -> None:
    image = draw_things("white", (("circle", "red", 0.5, 0.5, 0.8),))
    assert tuple(image[32, 32]) == COLOURS["red"]
    assert tuple(image[1, 1]) == COLOURS["white"]


def test_the_same_seed_gives_the_same_drawings() -> None:
    for one, two in zip(islice(drawings(3), 30), islice(drawings(3), 30), strict=True):
        assert one.prompt == two.prompt
        assert np.array_equal(one.image, two.image)


def test_the_unseen_split_asks_in_other_words() -> None:
    seen, unseen = ({d.template for d in islice(drawings(1, s), 200)} for s in ("train", "unseen_template"))
    assert not seen & unseen
