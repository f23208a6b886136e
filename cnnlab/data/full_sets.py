"""Finds the files of a full data set on this machine, or downloads them once.

Three places are searched, in this order:

1. the folder that the environment variable CNNLAB_DATA_DIR names. It holds one folder for each data
   set: `fashion-mnist` or `mnist`, with the four gzipped IDX files under their usual names
   (`train-images-idx3-ubyte.gz`, `train-labels-idx1-ubyte.gz`, `t10k-images-idx3-ubyte.gz`,
   `t10k-labels-idx1-ubyte.gz`), or `cifar-10`, with its authors' `cifar-10-binary.tar.gz`. The folder
   `mnist` may hold Keras's `mnist.npz` instead;
2. the folder of Debian's package dataset-fashion-mnist;
3. the network: downloaded with pooch, checked against a known SHA-256, stored in the user's cache.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cnnlab.data.cifar import ARCHIVE
from cnnlab.data.formats import IDX_FILES
from cnnlab.errors import DatasetUnavailable
from cnnlab.spec import TITLES
from cnnlab.words import listing

ReportProgress = Callable[[float], None]

DEBIAN_FOLDERS: dict[str, Path] = {"fashion-mnist": Path("/usr/share/datasets/fashion-mnist")}
KERAS_NPZ = "mnist.npz"


@dataclass(frozen=True)
class Download:
    """One file of a full set, to be downloaded."""

    folder: str
    name: str
    sha256: str
    size: int  # bytes


_AUTHORS = (  # the repository of Fashion-MNIST's authors, at a fixed commit
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/"
    "b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/"
)
_KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"  # as in keras.datasets.mnist

DOWNLOADS: dict[str, tuple[Download, ...]] = {
    "fashion-mnist": (
        Download(
            _AUTHORS,
            IDX_FILES["x_train"],
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            26_421_880,
        ),
        Download(
            _AUTHORS,
            IDX_FILES["y_train"],
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            29_515,
        ),
        Download(
            _AUTHORS,
            IDX_FILES["x_test"],
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            4_422_102,
        ),
        Download(
            _AUTHORS,
            IDX_FILES["y_test"],
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            5_148,
        ),
    ),
    "mnist": (
        Download(
            _KERAS,
            KERAS_NPZ,
            "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
            11_490_434,
        ),
    ),
    "cifar-10": (
        Download(
            "https://www.cs.toronto.edu/~kriz/",  # its authors' page
            ARCHIVE,
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            170_052_171,
        ),
    ),
}


def find_full(
    dataset: str, title: str, has_sample: bool, report_progress: ReportProgress | None = None
) -> Path:
    """The folder of the four IDX files, or the one file, of a full data set.

    `report_progress` is called with the downloaded share, from 0.0 to 1.0, while a download runs. Raises
    `DatasetUnavailable` where the files are not here and cannot be downloaded; its sentence advises to take
    the sample where there is one, else another data set.
    """
    folders = _folders(dataset)
    for folder in folders:
        if folder.is_dir():
            return _content(dataset, folder)
    return _content(dataset, _download(dataset, title, has_sample, folders, report_progress))


def bytes_to_download(dataset: str) -> int:
    """How much `find_full` would download; 0 where the files are on this machine.

    Raises `DatasetUnavailable` where CNNLAB_DATA_DIR cannot be a folder.
    """
    if any(folder.is_dir() for folder in _folders(dataset)):
        return 0
    cache = _cache(dataset)
    return sum(each.size for each in DOWNLOADS[dataset] if not (cache / each.name).is_file())


def _cache(dataset: str) -> Path:
    """Where downloads are kept."""
    import pooch  # here, because it loads requests, which only a download needs

    return Path(pooch.os_cache("cnnlab")) / dataset


def _folders(dataset: str) -> list[Path]:
    configured = os.environ.get("CNNLAB_DATA_DIR")
    try:
        folders = [Path(configured).expanduser() / dataset] if configured else []
        any(folder.is_dir() for folder in folders)
    except (OSError, RuntimeError) as error:  # a name that is too long, a home of nobody
        raise DatasetUnavailable(
            f"The environment variable CNNLAB_DATA_DIR cannot be a folder ('{configured}'): correct it and "
            "start again."
        ) from error
    return [*folders, DEBIAN_FOLDERS[dataset]] if dataset in DEBIAN_FOLDERS else folders


def _content(dataset: str, folder: Path) -> Path:
    if dataset == "cifar-10":
        return folder / ARCHIVE
    keras_npz = folder / KERAS_NPZ
    return keras_npz if dataset == "mnist" and keras_npz.is_file() else folder


def _download(
    dataset: str,
    title: str,
    has_sample: bool,
    looked_in: list[Path],
    report_progress: ReportProgress | None,
) -> Path:
    """Downloads the files that the user's cache lacks, and returns their folder."""
    import pooch  # here, because it loads requests, which only a download needs

    cache = _cache(dataset)
    progress = _Progress(sum(download.size for download in DOWNLOADS[dataset]), report_progress)
    for download in DOWNLOADS[dataset]:
        try:
            pooch.retrieve(
                download.folder + download.name,
                known_hash=f"sha256:{download.sha256}",
                fname=download.name,
                path=cache,
                # pooch's own downloader names its parameters otherwise than pooch's protocol for downloaders
                downloader=pooch.HTTPDownloader(progressbar=progress, chunk_size=2**16),  # ty: ignore[invalid-argument-type]
            )
        except (OSError, ValueError) as error:  # requests' errors are OSErrors; a wrong hash is a ValueError
            sentence = _unavailable(dataset, title, has_sample, looked_in, download, error)
            raise DatasetUnavailable(sentence) from error
        progress.finish(download.size)
    return cache


def _unavailable(
    dataset: str, title: str, has_sample: bool, looked_in: list[Path], download: Download, error: Exception
) -> str:
    places = f" (looked in {listing([str(folder) for folder in looked_in])})" if looked_in else ""
    wrong_hash = isinstance(error, ValueError) and not isinstance(error, OSError)
    reason = "the downloaded file has the wrong checksum" if wrong_hash else type(error).__name__
    way_out = f"Set '{TITLES['source']}' to sample" if has_sample else f"Choose another '{TITLES['dataset']}'"
    return (
        f"The full {title} is not on this machine{places}, and downloading "
        f"{download.folder + download.name} failed: {reason}. {way_out}, which needs no download, or put the "
        f"files into the folder '{dataset}' of a folder that the environment variable CNNLAB_DATA_DIR names."
    )


class _Progress:
    """The progress bar that pooch calls; reports one share for all files together."""

    def __init__(self, total_bytes: int, report: ReportProgress | None) -> None:
        self.total = 0  # pooch writes the size of the current file here
        self._total_bytes = total_bytes
        self._report = report
        self._finished = 0  # bytes of the files before this one
        self._current = 0  # bytes of this one

    def update(self, amount: int) -> None:
        """Called by pooch for each chunk; it counts the last one as if it were full."""
        self._current = min(self._current + amount, self.total)
        self._report_share()

    def reset(self) -> None:
        """Called by pooch at the end of a file, before it adds the file's full size."""
        self._current = 0

    def close(self) -> None:
        """Called by pooch after a file. `finish` counts it, also if the file was in the cache."""

    def finish(self, size: int) -> None:
        """Counts a file as finished, downloaded or not."""
        self._finished += size
        self._current = 0
        self._report_share()

    def _report_share(self) -> None:
        if self._report:
            self._report((self._finished + self._current) / self._total_bytes)
