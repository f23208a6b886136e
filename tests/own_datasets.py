"""Small data sets as people bring them: of any shape, with any number of classes, learnable in a second."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from cnnlab.runs import own_data

SHAPES = [(8, 8, 1), (32, 32, 3), (20, 30, 3), (150, 150, 3)]
AWKWARD_NAMES = "cat", "**Ünïcorn** $1$ <b>", "a class whose name is longer than most others are"


def arrays_of(
    shape: tuple[int, int, int] = (12, 10, 3),
    classes: int = 3,
    train: int = 60,
    test: int = 30,
    seed: int = 0,
    noise: int = 80,
) -> dict[str, np.ndarray]:
    """Images of noise, below `noise`, with a bright square whose place tells the class."""
    generator = np.random.default_rng(seed)

    def images(count: int) -> tuple[np.ndarray, np.ndarray]:
        labels = np.arange(count) % classes
        x = generator.integers(0, noise, (count, *shape)).astype(np.uint8)
        height, width, _ = shape
        for image, label in zip(x, labels, strict=True):
            place = label * (height * width) // classes
            row, column = min(place // width, height - 3), min(place % width, width - 3)
            image[row : row + 3, column : column + 3] = 255
        return x, labels.astype(np.int64)

    (x_train, y_train), (x_test, y_test) = images(train), images(test)
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


@contextmanager
def own_dataset(
    title: str = "Squares", classes: int = 3, names: tuple[str, ...] = (), **options
) -> Iterator[str]:
    """The id of a stored data set; it is removed afterwards, so that other tests have a store without it."""
    names = names or tuple(f"place {number}" for number in range(1, classes + 1))
    dataset = own_data.add(title, names, arrays_of(classes=classes, **options))
    try:
        yield dataset
    finally:
        own_data.remove(dataset, force=True)
