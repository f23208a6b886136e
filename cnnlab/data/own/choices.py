"""What a person decides when images become a data set, and the titles of the controls for it."""

from dataclasses import dataclass
from typing import Literal

from cnnlab.data.own.own_images import CHANNELS, LEAST_SIDE, MOST_SIDE
from cnnlab.errors import InputRefused

Fit = Literal["pad", "crop"]
Others = Literal["skip", "refuse"]

# The titles of the controls, which the sentences of errors name.
FILES = "Your images"
HEIGHT, WIDTH = "Height", "Width"
FIT = "Pictures of another shape"
COLOURS = "Colours"
OTHERS = "Files that cannot be used"
NAMES = "Class names"
SHARE = "Share for test"
SEED = "Seed of the division"
AGAIN = f"and choose the file again under '{FILES}'"

MOST_SHARE = 0.5
MOST_NAME = 40  # characters of a class name


@dataclass(frozen=True)
class Choices:
    """How pictures become images of one size, and which of them are for test."""

    height: int = 64  # pixels
    width: int = 64
    channels: int = 3  # 1 grey, 3 colour
    fit: Fit = "pad"  # all of the picture, with black beside it; or its middle
    others: Others = "skip"  # of files that cannot be used: leave them out, or refuse all
    names: tuple[str, ...] = ()  # of the classes, in their order; empty: as they are called
    test_share: float = 0.2  # of each class; without effect where the files say which are for test
    seed: int = 0

    def check(self) -> None:
        """Raises `InputRefused` for what is out of bounds."""
        for title, side in ((HEIGHT, self.height), (WIDTH, self.width)):
            if not LEAST_SIDE <= side <= MOST_SIDE:
                raise InputRefused(f"'{title}' must be {LEAST_SIDE} to {MOST_SIDE} pixels, not {side}.")
        if self.channels not in CHANNELS:
            raise InputRefused(f"'{COLOURS}' must be 1 (grey) or 3 (colour) channels, not {self.channels}.")
        if not 0 < self.test_share <= MOST_SHARE:
            raise InputRefused(f"'{SHARE}' must be above 0, {MOST_SHARE} at most, not {self.test_share:g}.")
        if self.seed < 0:
            raise InputRefused(f"'{SEED}' must be 0 or more, not {self.seed}.")
