"""Kernels set by hand: well-known ones, to show what a filter does, and one that the user types.

They slide over the image without being flipped (cross-correlation, as in Keras): a weight is multiplied with
the pixel at the weight's own place.
"""

import re

import numpy as np
from numpy.typing import ArrayLike

from cnnlab.errors import InputRefused
from cnnlab.words import count

MAX_WEIGHT = 1000.0
SIDES = 3, 5
CONTROL = "Your own kernel"

# name → the weights, row by row, and what they respond to
_KERNELS: dict[str, tuple[ArrayLike, str]] = {
    "Identity": (
        [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
        "Copies the image: only the pixel in the middle counts.",
    ),
    "Horizontal edges": (
        [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
        "Responds where the row below is brighter (positive) or darker (negative) than the row above.",
    ),
    "Vertical edges": (
        [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
        "Responds where the right side is brighter (positive) or darker (negative) than the left.",
    ),
    "Sobel x": (
        [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
        "The slope from left to right: vertical edges, with more weight on the middle row.",
    ),
    "Sobel y": (
        [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
        "The slope from top to bottom: horizontal edges, with more weight on the middle column.",
    ),
    "Box blur": (
        np.full((3, 3), 1 / 9),
        "The average of nine pixels: small detail and noise fade, large areas stay.",
    ),
    "Gaussian blur": (
        np.outer((1, 4, 6, 4, 1), (1, 4, 6, 4, 1)) / 256,  # binomial coefficients: nearly Gaussian
        "A weighted average of 5×5 pixels, the middle most: a softer blur than the box.",
    ),
    "Sharpen": (
        [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
        "Adds to each pixel its difference from its four neighbours: edges stand out more.",
    ),
    "Emboss": (
        [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
        "Lights the image from one corner: edges that grow brighter to the lower right become raised.",
    ),
    "Outline": (
        [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
        "Responds where a pixel differs from all its neighbours (a Laplacian); even areas become 0.",
    ),
}


def _read_only(weights: ArrayLike) -> np.ndarray:
    kernel = np.array(weights, np.float32)
    kernel.flags.writeable = False
    return kernel


HAND_KERNELS: dict[str, np.ndarray] = {name: _read_only(weights) for name, (weights, _) in _KERNELS.items()}
"""Each kernel by its name: (3, 3) or (5, 5) float32, read-only."""

RESPONDS_TO: dict[str, str] = {name: words for name, (_, words) in _KERNELS.items()}
"""What each kernel does, in a sentence for a learner."""


def parse_kernel(text: str) -> np.ndarray:
    """A kernel typed as lines of numbers or fractions (1/9), separated by spaces or commas.

    Returns (3, 3) or (5, 5) float32. Raises `InputRefused` unless there are 3 lines of 3 numbers or 5 of 5,
    each from -1000 to 1000.
    """
    lines = [line for line in text.splitlines() if line.strip(" \t,")]
    if len(lines) not in SIDES:
        raise _refusal(f"it has {count(len(lines), 'line')}")
    rows = [re.split(r"[\s,]+", line.strip(" \t,")) for line in lines]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows):
            raise _refusal(f"it has {len(rows)} lines, and line {number} has {count(len(row), 'number')}")
    return np.array([[_weight(word) for word in row] for row in rows], np.float32)


def _weight(word: str) -> float:
    """A number or a fraction of two; a minus sign may be a hyphen or the typographer's."""
    numerator, slash, denominator = word.replace("−", "-").partition("/")
    try:
        value = float(numerator) / (float(denominator) if slash else 1.0)
    except (ValueError, ZeroDivisionError):
        value = np.nan
    if not abs(value) <= MAX_WEIGHT:  # so that NaN is refused as well
        shown = word if len(word) <= 20 else f"{word[:20]}…"
        raise InputRefused(
            f"Each weight must be a number or a fraction from -{MAX_WEIGHT:,.0f} to {MAX_WEIGHT:,.0f}, "
            f"but '{shown}' is not: change '{CONTROL}'."
        )
    return value


def _refusal(received: str) -> InputRefused:
    return InputRefused(
        f"A kernel is 3 lines of 3 numbers or 5 lines of 5, separated by spaces or commas, but {received}: "
        f"change '{CONTROL}'."
    )
