"""The data sets that people brought, in the store beside the runs, so that all workers read the same bytes.

Each is an entry in an experiment of its own, with two artifacts: `info.json` and `images.npz`. Its id ends in
the beginning of its fingerprint: the same images under the same name have the same id, and are stored once.
What an id stands for never changes, so copies of both files may be kept (`cnnlab.runs.own_files`).
"""

import logging
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from cnnlab import words
from cnnlab.data.catalogue import DatasetInfo
from cnnlab.data.fingerprint import ARRAYS, fingerprint
from cnnlab.data.formats import npz_content
from cnnlab.data.registry import DATASETS
from cnnlab.errors import DatasetInUse, InputRefused, RunNotFound
from cnnlab.runs import artifacts, own_files, store, tags
from cnnlab.runs.run import started

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun

OWN_DATA = "cnnlab data"  # the experiment that holds one entry for each data set
LONGEST_TITLE = 60  # characters
DIGITS = 12  # of the fingerprint, in an id
ID = re.compile(rf"[a-z0-9-]+-[0-9a-f]{{{DIGITS}}}")
MOST_LISTED = 1000

log = logging.getLogger(__name__)


class OwnDataset(NamedTuple):
    """A data set as the store lists it."""

    dataset: str
    """Its id."""
    info: DatasetInfo
    added: pd.Timestamp
    """In UTC."""


def add(title: str, classes: tuple[str, ...], arrays: dict[str, np.ndarray]) -> str:
    """Stores a data set, unless it is there already; returns its id.

    Args:
        title: What it is called, up to `LONGEST_TITLE` characters.
        classes: Their names.
        arrays: x_train and x_test, (N, H, W, C) uint8; y_train and y_test, (N,) int from 0 on.

    Nothing is listed before all of it is stored. Raises `InputRefused` for a title that is empty or too long,
    and `StoreUnavailable`.
    """
    title = " ".join(title.split())
    if not title or len(title) > LONGEST_TITLE:
        raise InputRefused(
            f"A data set needs a name of 1 to {LONGEST_TITLE} characters, not {len(title)}: change 'Name'."
        )
    info = info_of(title, classes, arrays)
    dataset = dataset_id(info)
    if entries(dataset):
        return dataset
    bytes_of = {name: np.asarray(arrays[name], np.uint8) for name in ARRAYS}
    entry = store.client().create_run(store.experiment(OWN_DATA), tags={tags.NAME: title}).info.run_id
    try:
        artifacts.save(entry, own_files.IMAGES_FILE, npz_content(bytes_of))
        artifacts.save(entry, own_files.INFO_FILE, own_files.INFO.dump_json(info))
        store.client().set_tag(entry, tags.DATASET, dataset)  # from here on it is listed
        store.client().set_terminated(entry)
    except BaseException:
        _discard(entry)
        raise
    DATASETS.refresh()
    return dataset


def info_of(title: str, classes: tuple[str, ...], arrays: dict[str, np.ndarray]) -> DatasetInfo:
    """What is known of a data set without its images, from these."""
    _, height, width, channels = arrays["x_train"].shape
    return DatasetInfo(
        title=title,
        classes=classes,
        input_shape=(height, width, channels),
        train_images={"full": len(arrays["y_train"])},
        test_images={"full": len(arrays["y_test"])},
        fingerprint=fingerprint(classes, arrays),
    )


def dataset_id(info: DatasetInfo) -> str:
    """The id of a data set: its title in small letters and digits, and the beginning of its fingerprint."""
    slug = re.sub(r"[^a-z0-9]+", "-", info.title.lower()).strip("-") or "images"
    return f"{slug}-{info.fingerprint[:DIGITS]}"


def listed() -> list[OwnDataset]:
    """The data sets in the store, the newest first."""
    return [
        OwnDataset(entry.data.tags[tags.DATASET], info, started(entry))
        for entry in entries()
        if (info := read_info(entry)) is not None
    ]


def named(name: str) -> list[str]:
    """The ids of the data sets that a person may mean by an id or a title."""
    return [each.dataset for each in listed() if name in (each.dataset, each.info.title)]


def uses(dataset: str) -> int:
    """How many runs have this data set as their setting, up to `MOST_LISTED`."""
    return len(store.search(f"params.`data.dataset` = '{dataset}'", MOST_LISTED))


def remove(dataset: str, force: bool = False) -> None:
    """Removes a data set and its images.

    Raises `RunNotFound` where there is none, and `DatasetInUse` where runs use it, unless `force`: these
    then keep their curves and results, but cannot be continued, compared image by image, or looked into.
    """
    stored = entries(dataset)
    if not stored:
        raise RunNotFound(f"There is no data set '{dataset}' in the store.")
    using = 0 if force else uses(dataset)
    if using:
        raise DatasetInUse(
            f"{words.count(using, 'run')} of the store {'uses' if using == 1 else 'use'} this data set: "
            "delete them on the page Runs first, or remove it all the same."
        )
    for entry in stored:
        _discard(entry.info.run_id)
    own_files.forget(dataset)
    DATASETS.refresh()


def _discard(entry: str) -> None:
    """Deletes an entry; its images too where the store's files are on this machine."""
    local = artifacts.folder_of(entry)
    store.client().delete_run(entry)
    if local:
        (local / own_files.IMAGES_FILE).unlink(missing_ok=True)


def entries(dataset: str = "") -> "list[MlflowRun]":
    """The entries of all data sets, the newest first, or of one."""
    if dataset and not ID.fullmatch(dataset):
        return []
    query = f"tags.`{tags.DATASET}` = '{dataset}'" if dataset else f"tags.`{tags.DATASET}` != ''"
    return store.client().search_runs(
        [store.experiment(OWN_DATA)],
        query,
        max_results=MOST_LISTED,
        order_by=["attributes.start_time DESC"],
    )


def read_info(entry: "MlflowRun") -> DatasetInfo | None:
    """What an entry stores; None, and a line in the log, where that cannot be read."""
    dataset = entry.data.tags[tags.DATASET]
    try:
        file = own_files.local_file(dataset, own_files.INFO_FILE, entry.info.run_id)
        return own_files.INFO.validate_json(file.read_bytes())
    except (*own_files.DAMAGED, RunNotFound) as error:
        log.warning("The data set '%s' in the store cannot be read: %s", dataset, error)
        return None
