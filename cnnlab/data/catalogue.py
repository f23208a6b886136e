"""The data sets that there are: those that come with cnnlab, and those that people have brought.

Where the latter are kept is not known here: a `Shelf` gives them, such as `cnnlab.runs.own_data`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from cnnlab.spec import Source

Shape = tuple[int, int, int]  # height, width, channels


@dataclass(frozen=True)
class DatasetInfo:
    """What is known of a data set without reading its images.

    Numbers of images are by source: "sample" is what comes with cnnlab, "full" is all of it. A set has at
    least one of them.
    """

    title: str
    classes: tuple[str, ...]
    input_shape: Shape
    """Height, width (8 to 150 pixels each) and channels (1: grey, 3: red, green, blue) of one image."""
    train_images: Mapping[Source, int]
    test_images: Mapping[Source, int]
    fingerprint: str = ""
    """Of a set that a person brought: what `cnnlab.data.fingerprint` gives for its images, 64 hexadecimal
    digits. Empty for others, whose files are checked otherwise."""

    @property
    def own(self) -> bool:
        """Whether a person brought it."""
        return bool(self.fingerprint)

    @property
    def in_colour(self) -> bool:
        """Whether its images have three channels."""
        return self.input_shape[2] == 3

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources that it has, the sample first."""
        return tuple(self.train_images)


@dataclass(frozen=True)
class Images:
    """A data set as it is stored. The arrays are shared between all callers and therefore read-only."""

    x_train: np.ndarray  # (N, H, W, C) uint8
    y_train: np.ndarray  # (N,) int64
    x_test: np.ndarray  # (M, H, W, C) uint8
    y_test: np.ndarray  # (M,) int64


class Shelf(Protocol):
    """Where the data sets that people brought are kept; their names are their ids."""

    def infos(self) -> Mapping[str, DatasetInfo]:
        """All that are known at the moment, by id."""

    def info(self, dataset: str) -> DatasetInfo | None:
        """One of them; None where there is none of this id."""

    def images_file(self, dataset: str) -> Path:
        """An `.npz` file of its images on this machine, fetched where needed. Raises `DatasetUnavailable`."""

    def forget(self) -> None:
        """Whatever was remembered is asked for anew."""


class Catalogue(Mapping[str, DatasetInfo]):
    """All data sets by their ids: first those that come with cnnlab, then those on the shelf."""

    def __init__(self, built_in: Mapping[str, DatasetInfo]) -> None:
        self.built_in = built_in
        self.shelf: Shelf | None = None

    def connect(self, shelf: Shelf) -> None:
        """From now on, data sets that people brought are looked for there."""
        self.shelf = shelf

    def refresh(self) -> None:
        """What people have brought is looked for anew, as after a data set was added or removed."""
        if self.shelf:
            self.shelf.forget()

    def __getitem__(self, dataset: str) -> DatasetInfo:
        """Raises `KeyError` where there is no such data set."""
        if dataset in self.built_in:
            return self.built_in[dataset]
        info = self.shelf.info(dataset) if self.shelf else None
        if info is None:
            raise KeyError(dataset)
        return info

    def __iter__(self) -> Iterator[str]:
        """The ids, in the order in which they are to be offered."""
        yield from self.built_in
        if self.shelf:
            yield from self.shelf.infos()

    def __len__(self) -> int:
        """How many there are."""
        return sum(1 for _ in self)
