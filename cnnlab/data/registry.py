"""The data sets: their titles, classes and shapes, and their images.

The samples are part of the package, or drawn by it; `cnnlab.data.full_sets` finds or downloads the full sets.
"""

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

import numpy as np

from cnnlab.data import full_sets, shapes
from cnnlab.data.catalogue import Catalogue, DatasetInfo, Images
from cnnlab.data.cifar import ARCHIVE, read_cifar
from cnnlab.data.fingerprint import fingerprint
from cnnlab.data.formats import Shapes, npz_content, read_idx_folder, read_npz
from cnnlab.data.full_sets import ReportProgress, find_full
from cnnlab.errors import DatasetUnavailable
from cnnlab.spec import TITLES, DataSpec, Source
from cnnlab.words import listing

FASHION_CLASSES = "T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot"
CIFAR_CLASSES = "Airplane, Automobile, Bird, Cat, Deer, Dog, Frog, Horse, Ship, Truck"

BUILT_IN: dict[str, DatasetInfo] = {
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
    "digits": DatasetInfo(
        title="Digits of 8×8 pixels",
        classes=tuple("0123456789"),
        input_shape=(8, 8, 1),
        train_images={"sample": 1_500},
        test_images={"sample": 297},
    ),
    "shapes": DatasetInfo(
        title="Shapes",
        classes=tuple(shapes.SHAPES),
        input_shape=(shapes.SIDE, shapes.SIDE, 3),
        train_images={"sample": 5_000, "full": 20_000},
        test_images={"sample": 1_000, "full": 4_000},
    ),
    "cifar-10": DatasetInfo(
        title="CIFAR-10",
        classes=tuple(CIFAR_CLASSES.split(", ")),
        input_shape=(32, 32, 3),
        train_images={"full": 50_000},
        test_images={"full": 10_000},
    ),
}
DATASETS = Catalogue(BUILT_IN)
SAMPLES: dict[str, Path] = {
    dataset: Path(__file__).parent / f"{dataset.replace('-', '_')}.npz"
    for dataset in ("fashion-mnist", "mnist", "digits")
}
DRAWN = "shapes"  # is drawn, not read
STREAMS: dict[Source, tuple[int, int]] = {"sample": (0, 1), "full": (2, 3)}  # for training and for testing
MOST_KEPT = 2  # sets of images in memory: one of 20,000 images of 64×64 pixels in colour takes 250 MB


def check(spec: DataSpec) -> list[str]:
    """One sentence for each reason why these images cannot be had; empty if they can."""
    if spec.dataset not in DATASETS:
        return [_unknown(spec.dataset)]
    info = DATASETS[spec.dataset]
    if spec.source not in info.train_images:
        return [_without(info, spec.source)]
    available = info.train_images[spec.source]
    if spec.images <= available:
        return []
    advice = f"lower '{TITLES['images']}'"
    if spec.source == "sample" and spec.images <= info.train_images.get("full", 0):
        advice += f", or set '{TITLES['source']}' to full"
    return [f"{_named(info, spec.source)} has {available:,} training images, not {spec.images:,}: {advice}."]


def _named(info: DatasetInfo, source: Source) -> str:
    if info.own:
        return info.title
    return f"The sample of {info.title}" if source == "sample" else f"The full {info.title}"


def _without(info: DatasetInfo, source: Source) -> str:
    missing = "no sample" if source == "sample" else "a sample only"
    return f"{info.title} has {missing}: set '{TITLES['source']}' to {' or '.join(info.sources)}."


def _unknown(dataset: str) -> str:
    own = ["one of your own"] if len(DATASETS) > len(BUILT_IN) else []
    known = listing([*BUILT_IN, *own], "or")
    return f"There is no data set '{dataset}': choose {known} under '{TITLES['dataset']}'."


def fitted(spec: DataSpec, given: Collection[str] = ()) -> DataSpec:
    """The settings, made to suit their data set: a source that it has, and no more images than there are.

    `given`: names of settings that a person chose, which stay as they are and may be refused. An unknown data
    set changes nothing.
    """
    if spec.dataset not in DATASETS:
        return spec
    info = DATASETS[spec.dataset]
    source = spec.source if "source" in given or spec.source in info.sources else info.sources[0]
    available = info.train_images.get(source, spec.images)
    images = spec.images if "images" in given else min(spec.images, available)
    return spec.model_copy(update={"source": source, "images": images})


def bytes_to_download(dataset: str, source: Source) -> int:
    """How much reading these images would download; 0 where it needs no network.

    Raises `DatasetUnavailable` where CNNLAB_DATA_DIR cannot be a folder.
    """
    downloaded = source == "full" and dataset in full_sets.DOWNLOADS
    return full_sets.bytes_to_download(dataset) if downloaded else 0


def source_at_hand(dataset: str) -> Source | None:
    """The smallest source of a data set that can be read without a download; None where there is none."""
    info = DATASETS[dataset]
    return next((source for source in info.sources if not bytes_to_download(dataset, source)), None)


def load(dataset: str, source: Source, report_progress: ReportProgress | None = None) -> Images:
    """The images of a data set; the last `MOST_KEPT` that were read are cached.

    Args:
        dataset: A key of `DATASETS`.
        source: "sample" for the images that are part of the package or drawn, "full" for all.
        report_progress: Called with the downloaded share, from 0.0 to 1.0, while a download runs.

    Raises `ValueError` for an unknown data set or a source that it lacks, and `DatasetUnavailable` if the
    full set is not on this machine and cannot be downloaded, or if a file is damaged. It never returns one
    source for the other.
    """
    if dataset not in DATASETS:
        raise ValueError(_unknown(dataset))
    info = DATASETS[dataset]
    if source not in info.sources:
        raise ValueError(_without(info, source))
    if info.own and DATASETS.shelf:
        return _read(dataset, source, DATASETS.shelf.images_file(dataset))
    if dataset == DRAWN:
        return _drawn(source)
    if source == "sample":
        return _read(dataset, source, SAMPLES[dataset])
    has_sample = "sample" in info.sources
    return _read(dataset, source, find_full(dataset, info.title, has_sample, report_progress))


@lru_cache(maxsize=MOST_KEPT)
def _drawn(source: Source) -> Images:
    info, (train, test) = BUILT_IN[DRAWN], STREAMS[source]
    x_train, y_train = shapes.draw(info.train_images[source], train)
    x_test, y_test = shapes.draw(info.test_images[source], test)
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    return as_images(arrays, info.input_shape)


def images_content(dataset: str, source: Source) -> bytes | None:
    """The images of a data set as an `.npz` file, to take away; None for those that Keras downloads.

    Raises as `load` does.
    """
    if DATASETS[dataset].own and DATASETS.shelf:
        return DATASETS.shelf.images_file(dataset).read_bytes()
    if dataset == DRAWN:
        return npz_content(vars(load(dataset, source)))
    return SAMPLES[dataset].read_bytes() if source == "sample" else None


@lru_cache(maxsize=MOST_KEPT)
def _read(dataset: str, source: Source, path: Path) -> Images:
    """Reads an `.npz` file, CIFAR's archive or a folder of IDX files, and checks it against `DATASETS`."""
    info = DATASETS[dataset]
    grey_as_published = not info.own and not info.in_colour
    image = info.input_shape[:2] if grey_as_published else info.input_shape  # without the one channel
    train, test = info.train_images[source], info.test_images[source]
    expected: Shapes = {
        "x_train": (train, *image),
        "y_train": (train,),
        "x_test": (test, *image),
        "y_test": (test,),
    }
    arrays = _arrays(path, expected)
    highest = max(arrays["y_train"].max(), arrays["y_test"].max())
    if highest >= len(info.classes):
        raise DatasetUnavailable(
            f"{path} has the label {highest}; {info.title} has 0 to {len(info.classes) - 1}."
        )
    if info.own and fingerprint(info.classes, arrays) != info.fingerprint:
        raise DatasetUnavailable(f"{path} does not hold the images of {info.title}: add them again.")
    return as_images(arrays, info.input_shape)


def _arrays(path: Path, expected: Shapes) -> dict[str, np.ndarray]:
    if path.name == ARCHIVE:
        return read_cifar(path, expected)
    return read_npz(path, expected) if path.suffix == ".npz" else read_idx_folder(path, expected)


def as_images(arrays: dict[str, np.ndarray], input_shape: tuple[int, int, int]) -> Images:
    """Four arrays of bytes as the images of a data set, read-only; (N, H, W) becomes (N, H, W, 1)."""
    images = Images(
        x_train=arrays["x_train"].reshape(-1, *input_shape),
        y_train=arrays["y_train"].astype(np.int64),
        x_test=arrays["x_test"].reshape(-1, *input_shape),
        y_test=arrays["y_test"].astype(np.int64),
    )
    for array in vars(images).values():
        array.flags.writeable = False
    return images
