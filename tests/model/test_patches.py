"""A picture keeps its shape and its pixels; only too large ones are scaled down."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.model.patches import MAX_PATCHES, PLACES, SIDE, grid, patches


@given(st.integers(1, 12_000), st.integers(1, 12_000))
def test_any_size_fits(height: int, width: int) -> None:
    rows, columns = grid(height, width)
    assert 1 <= rows <= PLACES
    assert 1 <= columns <= PLACES
    assert rows * columns <= MAX_PATCHES


@pytest.mark.parametrize(("height", "width"), [(96, 320), (128, 128), (16, 16), (1, 1), (40, 700)])
def test_a_small_picture_is_not_scaled(height: int, width: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    values, places = patches(picture)
    rows, columns = places[-1] + 1
    whole = (
        values.reshape(rows, columns, SIDE, SIDE, 3)
        .transpose(0, 2, 1, 3, 4)
        .reshape(rows * SIDE, columns * SIDE, 3)
    )
    np.testing.assert_array_equal(np.round(whole[:height, :width] * 255).astype(np.uint8), picture)
    assert (whole[height:] == 1).all()
    assert (whole[:, width:] == 1).all()


@pytest.mark.parametrize(("height", "width"), [(1080, 1920), (3000, 200)])
def test_a_large_picture_keeps_its_aspect_ratio(height: int, width: int) -> None:
    rows, columns = grid(height, width)
    assert rows / columns == pytest.approx(height / width, rel=0.25)
    values, places = patches(np.full((height, width, 3), 7, np.uint8))
    assert len(values) == len(places) == rows * columns
