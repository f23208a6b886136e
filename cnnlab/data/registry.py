"""The data sets: their titles, classes and shapes, and their images.

The samples are part of the package; `cnnlab.data.full_sets` finds or downloads the full sets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from cnnlab.data.formats import read_idx_folder, read_npz
from cnnlab.data.full_sets import ReportProgress, find_full
from cnnlab.errors import DatasetUnavailable
from cnnlab.spec import TITLES, DataSpec, Source


@dataclass(frozen=True)
class DatasetInfo:
    """What is known of a data set without reading its files; numbers of images are by source."""

    title: str
    classes: tuple[str, ...]
    input_shape: tuple[int, int, int]  # height, width, channels of one image
    train_images: Mapping[Source, int]
    test_images: Mapping[Source, int]


@dataclass(frozen=True)
class Images:
    """A data set as it is stored. The arrays are shared between all callers and therefore read-only."""

    x_train: np.ndarray  # (N, H, W, C) uint8
    y_train: np.ndarray  # (N,) int64
    x_test: np.ndarray  # (M, H, W, C) uint8
    y_test: np.ndarray  # (M,) int64


FASHION_CLASSES = "T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot"

DATASETS: dict[str, DatasetInfo] = {
    "fashion-mnist": DatasetInfo(
        title="Fashion-MNIST",
        classes=tuple(FASHION_CLASSES.split(", ")),
        input_shape=(28, 28, 1),
        train_images={"sample": 10_000, "full": 60_000},
        test_images={"sample": 2_000, "full": 10_000},
    ),
    "mnist": DatasetInfo(
        title="Handwriting (MNIST)",
        classes=tuple("0123456789"),
        input_shape=(28, 28, 1),
        train_images={"sample": 4_000, "full": 60_000},
        test_images={"sample": 1_000, "full": 10_000},
    ),
}
SAMPLES: dict[str, Path] = {
    dataset: Path(__file__).parent / f"{dataset.replace('-', '_')}.npz" for dataset in DATASETS
}


def check(spec: DataSpec) -> list[str]:
    """One sentence for each reason why these images cannot be had; empty if they can."""
    if spec.dataset not in DATASETS:
        return [_unknown(spec.dataset)]
    info = DATASETS[spec.dataset]
    available = info.train_images[spec.source]
    if spec.images <= available:
        return []
    name = f"The sample of {info.title}" if spec.source == "sample" else f"The full {info.title}"
    advice = f"lower '{TITLES['images']}'"
    if spec.source == "sample" and spec.images <= info.train_images["full"]:
        advice += f", or set '{TITLES['source']}' to full"
    return [f"{name} has {available:,} training images, not {spec.images:,}: {advice}."]


def _unknown(dataset: str) -> str:
    return f"There is no data set '{dataset}': choose {' or '.join(DATASETS)} under '{TITLES['dataset']}'."


def load(dataset: str, source: Source, report_progress: ReportProgress | None = None) -> Images:
    """The images of a data set; the last four that were read are cached.

    Args:
        dataset: A key of `DATASETS`.
        source: "sample" for the images that are part of the package, "full" for all.
        report_progress: Called with the downloaded share, from 0.0 to 1.0, while a download runs.

    Raises `ValueError` for an unknown data set, and `DatasetUnavailable` if the full set is not on this
    machine and cannot be downloaded, or if a file is damaged. It never returns one source for the other.
    """
    if dataset not in DATASETS:
        raise ValueError(_unknown(dataset))
    if source == "sample":
        return _read(dataset, source, SAMPLES[dataset])
    return _read(dataset, source, find_full(dataset, DATASETS[dataset].title, report_progress))


@lru_cache(maxsize=4)
def _read(dataset: str, source: Source, path: Path) -> Images:
    """Reads an `.npz` file or a folder of IDX files, and checks it against `DATASETS`."""
    info = DATASETS[dataset]
    height, width, _ = info.input_shape
    train, test = info.train_images[source], info.test_images[source]
    shapes = {
        "x_train": (train, height, width),
        "y_train": (train,),
        "x_test": (test, height, width),
        "y_test": (test,),
    }
    arrays = read_npz(path, shapes) if path.suffix == ".npz" else read_idx_folder(path, shapes)
    highest = max(arrays["y_train"].max(), arrays["y_test"].max())
    if highest >= len(info.classes):
        raise DatasetUnavailable(
            f"{path} has the label {highest}; {info.title} has 0 to {len(info.classes) - 1}."
        )
    images = Images(
        x_train=arrays["x_train"].reshape(-1, *info.input_shape),
        y_train=arrays["y_train"].astype(np.int64),
        x_test=arrays["x_test"].reshape(-1, *info.input_shape),
        y_test=arrays["y_test"].astype(np.int64),
    )
    for array in vars(images).values():
        array.flags.writeable = False
    return images
