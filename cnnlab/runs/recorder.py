"""Writes a training's news into its run, from a thread of its own, so that the training need not wait."""

import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from cnnlab.runs import artifacts
from cnnlab.runs.metrics import log_metrics

FLUSH_SECONDS = 0.2
ARRAY_SECONDS = 2.0  # between two writings of kernels and weights, which grow with the epochs
MAX_SNAPSHOTS = 60
MOST_WEIGHTS = 30  # epochs of a training at which all weights are stored
MOST_WEIGHT_BYTES = 128 * 2**20  # the same in bytes


def weights_stride(epochs: int, size: int) -> int:
    """Every how many epochs weights of `size` bytes are stored, so that a run does not fill the disk."""
    most = max(1, min(MOST_WEIGHTS, MOST_WEIGHT_BYTES // size))
    return -(-epochs // most)


class Recorder:
    """The first news is written at once, what follows about five times a second, arrays less often.

    A run that goes on (`continued`) keeps the kernels and weights that were stored before. `epochs` is
    how many the training will have had at its end.
    """

    def __init__(self, run_id: str, epochs: int, continued: bool = False) -> None:
        self.run_id = run_id
        self.epochs = epochs
        self._weights: dict[int, list[np.ndarray]] = {}  # to be written
        self._latest: tuple[int, list[np.ndarray]] | None = None  # not to be written yet
        self._snapshots = _stored_snapshots(run_id) if continued else {}
        self._snapshots_saved = True
        self._pending: list[Any] = []
        self._last = 0
        self._lock = threading.Lock()
        self._news, self._closing = threading.Event(), threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._flush_until_closed, name=f"recorder-{run_id}")
        self._thread.start()

    def metrics(self, step: int, values: dict[str, float]) -> None:
        """Notes the values of some metrics at an optimizer step. Raises what writing raised."""
        from mlflow.entities import Metric

        if self._error:
            raise self._error
        with self._lock:
            self._last = max(self._last + 1, int(time.time() * 1000))
            self._pending += [Metric(key, value, self._last, step) for key, value in values.items()]
        self._news.set()

    def snapshot(self, epoch: int, kernels: dict[str, np.ndarray]) -> None:
        """Notes the kernels after an epoch; of a long training every second one is dropped."""
        with self._lock:
            self._snapshots[epoch] = kernels
            self._snapshots_saved = False
            if len(self._snapshots) > MAX_SNAPSHOTS:
                kept = [*list(self._snapshots)[::2], epoch]
                self._snapshots = {number: self._snapshots[number] for number in kept}
        self._news.set()

    def weights(self, epoch: int, arrays: list[np.ndarray]) -> None:
        """Notes all weights after an epoch; of a long training every so many epochs, and the last ones."""
        with self._lock:
            if epoch % weights_stride(self.epochs, sum(array.nbytes for array in arrays)):
                self._latest = epoch, arrays
            else:
                self._weights[epoch], self._latest = arrays, None
        self._news.set()

    def model(self, keras_model: Any) -> None:
        """Stores the network, as Keras saves it, with its optimizer's state."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.keras"
            keras_model.save(path)
            artifacts.save(self.run_id, "model.keras", path.read_bytes())

    def predictions(self, probabilities: np.ndarray, labels: np.ndarray) -> None:
        """Stores what the network says of the test set."""
        arrays = {"probabilities": probabilities, "labels": labels}
        artifacts.save_npz(self.run_id, "test_predictions.npz", arrays)

    def close(self) -> None:
        """Writes what is left. Raises what writing raised."""
        if self._latest:
            self._weights |= [self._latest]
        self._closing.set()
        self._news.set()
        self._thread.join()
        if self._error:
            raise self._error

    def _flush_until_closed(self) -> None:
        arrays_at = float("-inf")
        try:
            while not self._closing.is_set():
                self._news.wait()
                self._news.clear()
                self._flush_metrics()
                if time.monotonic() - arrays_at >= ARRAY_SECONDS:
                    self._flush_arrays()
                    arrays_at = time.monotonic()
                self._closing.wait(FLUSH_SECONDS)
            self._flush_metrics()
            self._flush_arrays()
        except Exception as error:  # noqa: BLE001 handed to the training thread, which raises it
            self._error = error

    def _flush_metrics(self) -> None:
        with self._lock:
            pending, self._pending = self._pending, []
        if pending:
            log_metrics(self.run_id, pending)

    def _flush_arrays(self) -> None:
        with self._lock:
            snapshots = None if self._snapshots_saved else dict(self._snapshots)
            self._snapshots_saved = True
            weights, self._weights = self._weights, {}
        if weights:
            artifacts.save_weights(self.run_id, weights)
        if snapshots:
            layers = {
                name: np.stack([kernels[name] for kernels in snapshots.values()])
                for name in next(iter(snapshots.values()))
            }
            artifacts.save_npz(self.run_id, "kernels.npz", {"epochs": np.array(list(snapshots)), **layers})


def _stored_snapshots(run_id: str) -> dict[int, dict[str, np.ndarray]]:
    stored = artifacts.kernels(run_id)
    epochs = stored.pop("epochs")
    return {int(epoch): {name: layer[i] for name, layer in stored.items()} for i, epoch in enumerate(epochs)}
