"""What a person brings, once it is found: classes, labels, sizes and colours of all pictures.

It is the same for files and for arrays, so that preview, class balance and reading are written once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image

from cnnlab.data.picture_files import Size
from cnnlab.words import listing

MOST_NAMED = 5


class Unusable(NamedTuple):
    """A file that cannot be used, and why: part of a sentence such as 'it is damaged'."""

    path: str
    reason: str


@dataclass(frozen=True, eq=False)
class Contents:
    """The pictures of all classes, not decoded yet."""

    classes: tuple[str, ...]
    labels: np.ndarray  # (N,) int64
    for_test: np.ndarray  # (N,) bool; all False where the files do not say which images are for test
    sizes: np.ndarray  # (N, 2) int64: width and height
    in_colour: np.ndarray  # (N,) bool: whether the picture may have colours
    picture: Callable[[int, Size], Image.Image]
    """Number and wanted size → the picture in RGB or RGBA, not scaled to it yet. Raises `Unreadable`."""
    names: Callable[[int], str]
    """Number → what to call the picture in a sentence."""
    unusable: tuple[Unusable, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences on what was made of the files."""

    @property
    def counts(self) -> np.ndarray:
        """(classes,) how many pictures each class has."""
        return np.bincount(self.labels, minlength=len(self.classes))

    @property
    def divided(self) -> bool:
        """Whether the files say which images are for test."""
        return bool(self.for_test.any())

    def examples(self, number: int) -> list[np.ndarray]:
        """For each class, the numbers of so many of its pictures, evenly apart; fewer where it has fewer."""
        of_class = [np.flatnonzero(self.labels == label) for label in range(len(self.classes))]
        return [
            own[np.unique(np.linspace(0, len(own) - 1, min(number, len(own))).round().astype(int))]
            for own in of_class
        ]


def described(unusable: tuple[Unusable, ...]) -> str:
    """The first few files with the reason of each: 'a.txt (it is no picture …) and 3 more'."""
    shown = [f"{file.path} ({file.reason})" for file in unusable[:MOST_NAMED]]
    if len(unusable) > MOST_NAMED:
        shown.append(f"{len(unusable) - MOST_NAMED:,} more")
    return listing(shown)
