"""The images of a data set of one's own as they are stored, and the bounds that they keep."""

from dataclasses import dataclass
from math import prod

import numpy as np

LEAST_SIDE, MOST_SIDE = 8, 150  # pixels: height and width of an image
CHANNELS = (1, 3)
LEAST_CLASSES, MOST_CLASSES = 2, 100  # a table of confusions and a row of answers bear no more
MOST_BYTES = 500_000_000  # of all pixels; a training holds each in four bytes

DTYPES = {"x_train": np.uint8, "y_train": np.int64, "x_test": np.uint8, "y_test": np.int64}


@dataclass(frozen=True, eq=False)
class OwnImages:
    """The images of a data set, divided into training and test. Raises `ValueError` where they do not fit."""

    classes: tuple[str, ...]
    x_train: np.ndarray  # (N, H, W, C) uint8, H and W from 8 to 150, C 1 or 3
    y_train: np.ndarray  # (N,) int64, the number of the class
    x_test: np.ndarray  # (M, H, W, C) uint8
    y_test: np.ndarray  # (M,) int64

    def __post_init__(self) -> None:
        """Checks the arrays."""
        shapes = {name: array.shape for name, array in self.arrays.items()}
        if mistake := _mistake(shapes, len(self.classes)):
            raise ValueError(mistake)
        for name, array in self.arrays.items():
            if array.dtype != DTYPES[name]:
                raise ValueError(f"{name} must be {np.dtype(DTYPES[name])}, not {array.dtype}.")
            if name.startswith("y") and not 0 <= array.min() <= array.max() < len(self.classes):
                raise ValueError(f"The labels in {name} must be from 0 to {len(self.classes) - 1}.")

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The four arrays by their names."""
        return {name: getattr(self, name) for name in DTYPES}


def _mistake(shapes: dict[str, tuple[int, ...]], classes: int) -> str:
    """Why arrays of these shapes are no data set with so many classes; empty if they are one."""
    if not LEAST_CLASSES <= classes <= MOST_CLASSES:
        return f"A data set must have {LEAST_CLASSES} to {MOST_CLASSES} classes, not {classes:,}."
    image = shapes["x_train"][1:]
    allowed = range(LEAST_SIDE, MOST_SIDE + 1)
    if len(image) != 3 or image[0] not in allowed or image[1] not in allowed or image[2] not in CHANNELS:
        return (
            f"Images must be {LEAST_SIDE} to {MOST_SIDE} pixels high and wide with 1 or 3 channels, "
            f"not {_shown(image)}."
        )
    for part in ("train", "test"):
        x, y = shapes[f"x_{part}"], shapes[f"y_{part}"]
        if x[1:] != image or not x[0] or y != x[:1]:
            return (
                f"x_{part} and y_{part} must hold as many images as labels, not {_shown(x)} and {_shown(y)}."
            )
    if sum(prod(shapes[f"x_{part}"]) for part in ("train", "test")) > MOST_BYTES:
        return f"The pixels must take {MOST_BYTES / 1e6:,.0f} MB at most."
    return ""


def _shown(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
