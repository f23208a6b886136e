"""Images as a data set stores them, from 0 to 255, as one picture."""

import numpy as np

from cnnlab.views.pictures.tiles import image_tiles, tile_png

SHARPER = 2  # a picture has so many times the pixels of its place, for screens that show them


def images_png(images: np.ndarray, columns: int, width: int) -> bytes:
    """Images in rows as a PNG.

    Args:
        images: (N, H, W, C), N at least 1, numbers from 0 to 255.
        columns: Images in a row.
        width: Of the place on the page, in pixels.
    """
    tiles = image_tiles(images.astype(np.float32))
    return tile_png(tiles, 255.0, "grey", columns=columns, width=width * SHARPER)
