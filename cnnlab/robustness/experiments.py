"""Disturbed images, and what is left of a network's accuracy on them: shifted, rotated, blurred and more.

A disturbance is a pure function: images (N, H, W, C) float32 in [0, 1] and a level become such images
again. What comes in from beyond the border is 0, the black ground of the data sets. This file knows
nothing of networks, runs or screens. SciPy is imported inside the functions.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from cnnlab.robustness.disturbances import blurred, contrasted, noisy, occluded, rotated, shifted, zoomed

Level = float | tuple[int, int]

REACH = 4  # pixels to each side that images are shifted


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
