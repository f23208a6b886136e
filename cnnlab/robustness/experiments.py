"""Disturbed images, and what is left of a network's accuracy on them: shifted, rotated, blurred and more.

A disturbance is a pure function: images (N, H, W, C) float32 in [0, 1] and a level become such images
again. What comes in from beyond the border is 0, which is black, whatever the ground of the images. Lengths
in pixels are for images of 28×28; for others they grow and shrink with the shorter side. SciPy is imported
inside the functions.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np

from cnnlab.robustness.disturbances import blurred, contrasted, noisy, occluded, rotated, shifted, zoomed

Level = float | tuple[int, int]

SIDE = 28  # pixels, of the images for which `EXPERIMENTS` is written
REACH = 4  # pixels to each side that images of this side are shifted
Shape = tuple[int, int, int]


class Experiment(NamedTuple):
    """One kind of disturbance and the levels at which it is measured."""

    title: str
    x_label: str
    levels: tuple[Level, ...]
    undisturbed: Level
    """The level that changes nothing."""
    disturb: Callable[[np.ndarray, Any], np.ndarray]
    unit: str
    """A level in words, such as '{:g}°'."""
    phrase: str
    """The sentence about a strength begins with it, such as 'Turned by {}'."""
    quoted: float
    """The strength that the sentence is about."""
    in_pixels: bool = False
    """Whether levels are lengths in pixels, which follow the size of the images."""


def experiment_for(name: str, shape: Shape) -> Experiment:
    """An experiment for images of a height, a width and channels: lengths follow the shorter side.

    Shifts stay whole pixels, of which small images have fewer: for 8×8 pixels one to each side. Those for
    28×28 are `EXPERIMENTS`. Raises `KeyError` for an unknown name.
    """
    experiment = EXPERIMENTS[name]
    factor = min(shape[:2]) / SIDE
    if not experiment.in_pixels or factor == 1:
        return experiment
    digits = 0 if isinstance(experiment.undisturbed, tuple) else 2
    levels = tuple(dict.fromkeys(_scaled(level, factor, digits) for level in experiment.levels))
    quoted = _scaled(experiment.quoted, factor, digits)
    return experiment._replace(levels=levels, quoted=cast(float, quoted))


def _scaled(level: Level, factor: float, digits: int) -> Level:
    if isinstance(level, tuple):
        return round(level[0] * factor), round(level[1] * factor)
    return round(level * factor, digits)


def at_quoted_strength(experiment: Experiment) -> Experiment:
    """The same with the levels alone that its sentence is about, and the undisturbed one."""
    levels = [
        level
        for level in experiment.levels
        if level == experiment.undisturbed or np.max(np.abs(level)) == experiment.quoted
    ]
    return experiment._replace(levels=tuple(levels))


EXPERIMENTS: dict[str, Experiment] = {
    "shift": Experiment(
        "Shift",
        "Pixels",
        tuple((dx, dy) for dy in range(-REACH, REACH + 1) for dx in range(-REACH, REACH + 1)),
        (0, 0),
        shifted,
        "{:g} pixels",
        "Shifted by {}",
        3,
        in_pixels=True,
    ),
    "rotation": Experiment(
        "Rotation",
        "Degrees, counterclockwise",
        (-90, -60, -45, -30, -15, 0, 15, 30, 45, 60, 90),
        0,
        rotated,
        "{:g}°",
        "Turned by {}",
        30,
    ),
    "zoom": Experiment(
        "Zoom",
        "Factor",
        (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2),
        1,
        zoomed,
        "{:g} times",
        "Scaled to {} their size",
        0.7,
    ),
    "blur": Experiment(
        "Blur",
        "Standard deviation in pixels",
        (0, 0.5, 1, 1.5, 2, 3),
        0,
        blurred,
        "{:g} px",
        "Blurred with a standard deviation of {}",
        1.5,
        in_pixels=True,
    ),
    "noise": Experiment(
        "Noise",
        "Standard deviation, where white is 1",
        (0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6),
        0,
        noisy,
        "{:g}",
        "With noise of standard deviation {}",
        0.2,
    ),
    "occlusion": Experiment(
        "Occlusion",
        "Side of the grey square, as a share of the image's",
        (0, 0.15, 0.3, 0.45, 0.6, 0.75),
        0,
        occluded,
        "{:.0%}",
        "Behind a grey square of {} of the image's side",
        0.3,
    ),
    "contrast": Experiment(
        "Contrast",
        "Share of the contrast that is left",
        (1, 0.75, 0.5, 0.3, 0.2, 0.1, 0.05),
        1,
        contrasted,
        "{:.0%}",
        "With {} of the contrast left",
        0.3,
    ),
}
