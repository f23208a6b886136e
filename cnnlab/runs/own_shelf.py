"""The data sets that people brought, as `cnnlab.data.catalogue` asks the store for them."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from cnnlab import store_address
from cnnlab.data.catalogue import DatasetInfo
from cnnlab.errors import DatasetUnavailable, RunNotFound, StoreUnavailable
from cnnlab.runs import own_data, own_files, store, tags

FRESH_SECONDS = 10.0  # for which a list of the store counts as up to date
NEVER = float("-inf")

log = logging.getLogger(__name__)


class OwnDataShelf:
    """Reads the store when it has to, and remembers. Can be used from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._uri = ""
        """Of the store that the rest is about."""
        self._infos: dict[str, DatasetInfo] = {}
        self._entries: dict[str, str] = {}
        """Id → the entry in the store."""
        self._missed_at: dict[str, float] = {}
        """Id → when the store was last found to lack it."""
        self._read_at = NEVER

    def infos(self) -> Mapping[str, DatasetInfo]:
        """All data sets by id; of a store that this process has not opened yet, those of the index."""
        with self._lock:
            self._follow_store()
            if store.is_open() and self._clock() - self._read_at > FRESH_SECONDS:
                self._read()
            return dict(self._infos)

    def info(self, dataset: str) -> DatasetInfo | None:
        """One data set; the store is asked for one that is not known yet."""
        if not own_data.ID.fullmatch(dataset):
            return None
        if self._uri == store_address.store_uri() and (known := self._infos.get(dataset)):
            return known
        with self._lock:
            self._follow_store()
            missed_before = self._clock() - self._missed_at.get(dataset, NEVER)
            if dataset not in self._infos and missed_before > FRESH_SECONDS:
                self._read()
                if dataset not in self._infos:
                    self._missed_at[dataset] = self._read_at
            return self._infos.get(dataset)

    def images_file(self, dataset: str) -> Path:
        """The images of a data set as a file of this machine. Raises `DatasetUnavailable`."""
        with self._lock:
            self._follow_store()
            if dataset not in self._entries:
                self._read()
            entry = self._entries.get(dataset)
        if entry is None:
            raise DatasetUnavailable(
                f"The data set '{dataset}' is no longer in the store: add it again on the page Data."
            )
        try:
            return own_files.local_file(dataset, own_files.IMAGES_FILE, entry)
        except RunNotFound as error:
            raise DatasetUnavailable(str(error)) from error

    def forget(self) -> None:
        """The store is read at once, and what was removed from it is no longer known."""
        with self._lock:
            self._follow_store()
            self._missed_at.clear()
            self._read()

    def _follow_store(self) -> None:
        """Begins anew, with the index, where another store is in use than before."""
        if self._uri != store_address.store_uri():
            self._uri, self._entries, self._missed_at = store_address.store_uri(), {}, {}
            self._infos, self._read_at = own_files.read_index(), NEVER

    def _read(self) -> None:
        """Reads the list from the store. What was known before stays where the store cannot be read."""
        try:
            entries = {entry.data.tags[tags.DATASET]: entry for entry in reversed(own_data.entries())}
        except StoreUnavailable as error:
            log.warning("The data sets of the store could not be listed: %s", error)
            return
        finally:
            self._read_at = self._clock()
        # What an id stands for does not change, so only those that are new are read.
        infos = {name: self._infos.get(name) or own_data.read_info(entry) for name, entry in entries.items()}
        known = {name: info for name, info in infos.items() if info is not None}
        self._entries = {name: entry.info.run_id for name, entry in entries.items()}
        if known != self._infos:
            self._infos = known
            own_files.write_index(known)
