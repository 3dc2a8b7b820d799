"""A picture as patches of 16 x 16 pixels, at its own aspect ratio. Numpy and Pillow only."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 16
PATCH_VALUES = SIDE * SIDE * 3
MAX_PATCHES = 256  # a third of the network's minute of attention
PLACES = 64  # rows or columns that the network can tell apart
DRAWN_SIDE = 8  # a drawn picture is 8 x 8 tokens
DRAWN_TOKENS = DRAWN_SIDE * DRAWN_SIDE
DRAWN_PIXELS = 64


def grid(height: int, width: int) -> tuple[int, int]:
    """Return the rows and columns of patches for a picture: never scaled up, at most MAX_PATCHES."""
    scale = min(
        1.0,
        (MAX_PATCHES * SIDE * SIDE / (height * width)) ** 0.5,
        PLACES * SIDE / height,
        PLACES * SIDE / width,
    )
    while True:
        rows = max(1, -(-round(height * scale) // SIDE))
        columns = max(1, -(-round(width * scale) // SIDE))
        if rows * columns <= MAX_PATCHES:
            return rows, columns
        scale *= 0.98  # rounding up passed the limit


def patches(picture: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return ((n, 768) pixels in [0, 1], (n, 2) rows and columns) of a (H, W, 3) picture in raster order.

    A picture that fits is padded with white to whole patches; a larger one is scaled down to fit.
    """
    height, width = picture.shape[:2]
    rows, columns = grid(height, width)
    scale = min(1.0, rows * SIDE / height, columns * SIDE / width)
    if scale < 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        picture = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX, reducing_gap=3.0))
    canvas = np.full((rows * SIDE, columns * SIDE, 3), 255, np.uint8)
    canvas[: picture.shape[0], : picture.shape[1]] = picture
    blocks = canvas.reshape(rows, SIDE, columns, SIDE, 3).transpose(0, 2, 1, 3, 4).reshape(-1, PATCH_VALUES)
    places = np.stack(np.divmod(np.arange(rows * columns), columns), -1)
    return blocks.astype(np.float32) / 255.0, places.astype(np.int64)
