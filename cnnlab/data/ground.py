"""What the images of a data set have in common: whether they are bright on black, and how they are framed.

Measured on its own training images, so that it holds for any data set.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from cnnlab.data import centring
from cnnlab.data.centring import Framing
from cnnlab.data.pixels import scaled
from cnnlab.data.registry import load, source_at_hand
from cnnlab.spec import Source

LOOKED_AT = 300  # training images
MOSTLY = 0.5  # the least share of black pixels at the borders of images that are bright on black
ALIKE = 0.8  # the least share of images that are framed alike, where it is said of all
TOLERANCE = 0.1  # of the image's side; a pixel at least


class Ground(NamedTuple):
    """What is measured."""

    on_black: bool
    """Whether the images are bright on black: most pixels at their borders are nearly black."""
    framing: Framing | None
    """How the ink lies in them; None where they are not on black, or each is framed in its own way."""


def ground(dataset: str) -> Ground | None:
    """That of a data set, by its first training images; None while they are not on this machine.

    Raises `DatasetUnavailable` where a file is damaged.
    """
    source = source_at_hand(dataset)
    return _of(dataset, source) if source else None


@lru_cache(maxsize=32)
def _of(dataset: str, source: Source) -> Ground:
    """What an id stands for never changes."""
    return measured(load(dataset, source).x_train[:LOOKED_AT])


def measured(images: np.ndarray) -> Ground:
    """The ground of some images, (N, H, W, C) uint8; the brightest channel of a pixel counts."""
    canvases = scaled(images).max(axis=3)
    border = np.concatenate(
        [
            canvases[:, [0, -1]].reshape(len(canvases), -1),
            canvases[:, 1:-1, [0, -1]].reshape(len(canvases), -1),
        ],
        axis=1,
    )
    on_black = bool(np.mean(border <= centring.INK) >= MOSTLY)
    return Ground(on_black, _framing(canvases) if on_black else None)


def _framing(canvases: np.ndarray) -> Framing | None:
    """How the ink lies in images, (N, H, W) in [0, 1]; None where that differs from image to image."""
    boxes = [(box, canvas) for canvas in canvases if (box := centring.ink_box(canvas))]
    if not boxes:
        return None
    lengths = np.array([max(stop - start for start, stop in box) for box, _ in boxes])
    middles = np.array([[(start + stop) / 2 for start, stop in box] for box, _ in boxes])
    masses = np.array([_centre_of_mass(canvas) for _, canvas in boxes])
    length = int(np.median(lengths))
    # Where the images were laid by their centres of mass, these differ less than the middles of the boxes.
    by_mass = bool(_spread(masses).mean() < _spread(middles).mean())
    slack = max(1.0, TOLERANCE * min(canvases.shape[1:]))
    alike = (np.abs(lengths - length) <= slack) & (_spread(masses if by_mass else middles) <= slack)
    return Framing(length, by_mass) if alike.mean() >= ALIKE else None


def _centre_of_mass(canvas: np.ndarray) -> tuple[float, float]:
    """Row and column, in pixels from the upper left corner."""
    rows, columns = canvas.sum(axis=1), canvas.sum(axis=0)
    down, across = (np.average(np.arange(len(mass)) + 0.5, weights=mass) for mass in (rows, columns))
    return float(down), float(across)


def _spread(places: np.ndarray) -> np.ndarray:
    """How far each of some places, (N, 2), lies from the middle one, in the worse direction: (N,)."""
    return np.abs(places - np.median(places, axis=0)).max(axis=1)
