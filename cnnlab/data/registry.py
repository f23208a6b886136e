"""The data sets: what there is, their images, and how these are divided for a training.

Model and baseline get their images from `split` and their order from `epoch_order`, so they learn
from the same. Pixels are scaled in `scaled`, and change places in `arranged`, and nowhere else. The
samples travel with the package; `cnnlab.data.full_sets` finds or downloads the full sets. This file knows
nothing of networks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from cnnlab.data.formats import DatasetUnavailable, read_idx_folder, read_npz
from cnnlab.data.full_sets import ReportProgress, find_full
from cnnlab.spec import TITLES, DataSpec, RunSpec, Source


@dataclass(frozen=True)
class DatasetInfo:
    """What is known of a data set without opening it; numbers of images are by source."""

    title: str
    classes: tuple[str, ...]
    input_shape: tuple[int, int, int]  # height, width, channels of one image
    train_images: Mapping[Source, int]
    test_images: Mapping[Source, int]


@dataclass(frozen=True)
class Images:
    """A data set as it is stored. The arrays are shared, and therefore read-only."""

    x_train: np.ndarray  # (N, H, W, C) uint8
    y_train: np.ndarray  # (N,) int64
    x_test: np.ndarray  # (M, H, W, C) uint8
    y_test: np.ndarray  # (M,) int64


@dataclass(frozen=True)
class Split:
    """What one training uses: x are (N, H, W, C) float32 in [0, 1], as `given` makes them, y (N,) int64."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


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

# Independent streams of random numbers, each drawn from the run's one seed.
_SPLIT_STREAM, _ORDER_STREAM = 1, 2
_PIXEL_SEED = 3  # of the one order of shuffled pixels, whatever the seed of a run


def check(spec: DataSpec) -> list[str]:
    """One sentence for each thing that is impossible; empty where the images can be drawn."""
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
    """The images of a data set; a second call is answered from memory.

    Args:
        dataset: A key of `DATASETS`.
        source: "sample" for the images that travel with the package, "full" for all.
        report_progress: Called with the downloaded share, from 0.0 to 1.0, while a download runs.

    Raises `ValueError` for an unknown data set, and `DatasetUnavailable` where the full set is neither on
    this machine nor to be downloaded, or where a file is damaged. It never gives one for the other.
    """
    if dataset not in DATASETS:
        raise ValueError(_unknown(dataset))
    if source == "sample":
        return _read(dataset, source, SAMPLES[dataset])
    return _read(dataset, source, find_full(dataset, DATASETS[dataset].title, report_progress))


@lru_cache(maxsize=4)
def _read(dataset: str, source: Source, path: Path) -> Images:
    """Read an `.npz` file or a folder of IDX files, and check it against what is known of the data set."""
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


def scaled(x: np.ndarray) -> np.ndarray:
    """Pixels as a network wants them: (N, H, W, C) uint8 from 0 to 255 becomes float32 in [0, 1].

    Raises `ValueError` for anything else, so that nothing is scaled twice.
    """
    if x.dtype != np.uint8 or x.ndim != 4:
        raise ValueError(f"Images must be (N, H, W, C) uint8, not {x.shape} {x.dtype}.")
    return np.divide(x, np.float32(255), dtype=np.float32)


def given(x: np.ndarray, spec: DataSpec) -> np.ndarray:
    """Images as the networks of a run are given them: scaled, and arranged as the settings say.

    (N, H, W, C) uint8 becomes float32 in [0, 1]. Raises `ValueError` for anything else.
    """
    return arranged(scaled(x), spec)


def arranged(x: np.ndarray, spec: DataSpec) -> np.ndarray:
    """Scaled images, (…, H, W, C), with their pixels where the networks of a run find them."""
    return shuffled(x) if spec.shuffled_pixels else x


def shuffled(x: np.ndarray) -> np.ndarray:
    """Images, (…, H, W, C), with their pixels shuffled, all images of one size alike.

    Pixel `pixel_order(H, W)[i]` comes to lie at place i, counted row by row, with all its colours. The same
    values, dtype and shape.
    """
    height, width, channels = x.shape[-3:]
    pixels = x.reshape(*x.shape[:-3], height * width, channels)
    return pixels[..., pixel_order(height, width), :].reshape(x.shape)


@lru_cache(maxsize=16)
def pixel_order(height: int, width: int) -> np.ndarray:
    """The order of shuffled pixels, a permutation of 0 to H·W - 1 that depends on the size alone."""
    order = np.random.default_rng([_PIXEL_SEED, height, width]).permutation(height * width)
    order.flags.writeable = False
    return order


def split(images: Images, spec: DataSpec, seed: int) -> Split:
    """Draw `spec.images` training images and set some of them apart for validation.

    Classes are represented as evenly as they allow, in the training and in the validation images; the
    number of validation images is the rounded share, at least 1. The test images stay whole. The
    same arguments give the same images in the same order, in which the classes take turns (`epoch_order`
    mixes them). Raises `ValueError` where there are fewer than `spec.images` training images.
    """
    available = len(images.y_train)
    if spec.images > available:
        raise ValueError(f"'{TITLES['images']}' must be at most {available:,}, not {spec.images:,}.")
    train, validation = split_indices(images.y_train, spec.images, validation_images(spec), seed)
    return Split(
        x_train=given(images.x_train[train], spec),
        y_train=images.y_train[train],
        x_validation=given(images.x_train[validation], spec),
        y_validation=images.y_train[validation],
        x_test=given(images.x_test, spec),
        y_test=images.y_test,
    )


def split_indices(labels: np.ndarray, images: int, apart: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which images to learn from and which to validate with: (images - apart,) and (apart,) indices.

    `images` are drawn from all whose `labels`, (N,), are given, and `apart` of these set apart.
    """
    drawn = stratified_order(labels, np.random.default_rng([seed, _SPLIT_STREAM]))[:images]
    # Validation comes first, while every class still has its turns: the end may lack the smallest classes.
    return drawn[apart:], drawn[:apart]


def stratified_order(labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A random order of all images in which the classes take turns: (N,) labels to (N,) indices.

    Until the smallest class is used up, any stretch of it holds every class equally often, give or
    take one image. After that the remaining classes go on taking turns.
    """
    order = generator.permutation(len(labels))
    shuffled = labels[order]
    by_class = np.argsort(shuffled, kind="stable")
    _, first, number = np.unique(shuffled[by_class], return_index=True, return_inverse=True)
    rounds, turns = np.empty_like(order), np.empty_like(order)
    rounds[by_class] = np.arange(len(labels)) - first[number]  # how many of its class come before it
    turns[by_class] = generator.permutation(len(first))[number]  # when its class has its turn in a round
    return order[np.lexsort((turns, rounds))]


def epoch_order(n: int, seed: int, epoch: int) -> np.ndarray:
    """The order of the n training images in this epoch: (n,) int32, a permutation of 0 to n - 1.

    It depends on seed and epoch alone, so a training that is continued sees what it would have seen.
    """
    return np.random.default_rng([seed, _ORDER_STREAM, epoch]).permutation(n).astype(np.int32)


def validation_images(spec: DataSpec) -> int:
    """How many of `spec.images` are set apart for validation: the rounded share, at least 1."""
    return max(1, round(spec.images * spec.validation_fraction))


def steps_per_epoch(spec: RunSpec) -> int:
    """Optimizer steps in one pass over the training images; the last batch may be smaller."""
    return -(-(spec.data.images - validation_images(spec.data)) // spec.training.batch_size)
