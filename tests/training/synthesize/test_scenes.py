import numpy as np
import pytest

from duologue.training.synthesize.canvas import COLOURS
from duologue.training.synthesize.pictograms import DRAWERS
from duologue.training.synthesize.scenes import Item, Scene, many, render


@pytest.mark.parametrize("name", DRAWERS)
def test_every_thing_is_drawn_inside_its_place_in_its_colour(name: str) -> None:
    ink = COLOURS["blue"]
    image = render(Scene((Item(name, "blue", ink, 0.5, 0.5, 0.5),), 96, (255, 255, 255)))
    drawn = (image != 255).any(axis=2)
    assert drawn[:22].sum() + drawn[-22:].sum() + drawn[:, :22].sum() + drawn[:, -22:].sum() == 0
    blue = (np.abs(image.astype(int) - ink).max(axis=2) < 8).sum()
    assert blue > 0.12 * drawn.sum()


def test_a_scene_holds_as_many_things_as_asked_for() -> None:
    rng = np.random.default_rng(0)
    for num in range(1, 7):
        scene = many(rng, "train", ("circle",), num, same=True)
        assert len({(item.x, item.y) for item in scene.items}) == num
