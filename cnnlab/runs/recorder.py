"""Writes a training into its run from a thread of its own, so that the training does not wait."""

import threading
import time
from typing import TYPE_CHECKING

import numpy as np

from cnnlab.errors import RunNotFound, StoreUnavailable
from cnnlab.runs import artifacts
from cnnlab.runs.metrics import curves, log_metrics, rate_in_force
from cnnlab.runs.patience import patiently

if TYPE_CHECKING:
    from mlflow.entities import Metric

FLUSH_SECONDS = 0.5  # each writing takes 5 ms of a core, which the training lacks
ARRAY_SECONDS = 2.0  # between two writings of kernels and weights
MAX_SNAPSHOTS = 60  # epochs of a training whose kernels are stored
MOST_WEIGHTS = 30  # epochs of a training whose weights are stored, about
MOST_WEIGHT_BYTES = 128 * 2**20  # that their weights may take together


def weights_stride(epochs: int, size: int) -> int:
    """Every how many epochs weights of `size` bytes are stored; limits what a run takes on the disk."""
    most = max(1, min(MOST_WEIGHTS, MOST_WEIGHT_BYTES // size))
    return -(-epochs // most)


class Recorder:
    """The `log_` methods return at once and a thread writes; the `save_` methods write themselves.

    The thread writes the first metrics at once, later ones about twice a second, and arrays every
    `ARRAY_SECONDS`. While the store is busy or full it tries again for a minute and more, and keeps what is
    to be written. If writing fails, the next `log_metrics`, or `close`, raises the exception.
    """

    def __init__(self, run_id: str, epochs: int, continued: bool = False, exact: bool = True) -> None:
        """Starts the thread; `close` ends it.

        Args:
            run_id: The run to write into.
            epochs: How many the training is to have in all.
            continued: Whether the run was trained before; its kernels and weights are kept.
            exact: Whether its training now gives what the earlier one gave, as far as that one came.
        """
        self.run_id = run_id
        self.epochs = epochs
        self._weights: dict[int, list[np.ndarray]] = {}  # epoch → to be written
        self._latest: tuple[int, list[np.ndarray]] | None = None  # written only if no later ones follow
        self._snapshots = _stored_snapshots(run_id) if continued else {}
        self._earlier = _Reported(run_id if exact else None)
        self._snapshots_saved = True
        self._pending: list[Metric] = []
        self._last_millisecond = 0  # each call's metrics have a time of their own
        self._lock = threading.Lock()  # of what is queued
        self._writing = threading.Lock()  # of the store
        self._wake, self._closing = threading.Event(), threading.Event()
        self._dropped = False
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._flush_until_closed, name=f"recorder-{run_id}")
        self._thread.start()

    def log_metrics(self, step: int, values: dict[str, float]) -> None:
        """Queues the values of some metrics at an optimizer step. Raises what writing has raised.

        What an earlier training of the run has reported with the same results is left out.
        """
        from mlflow.entities import Metric

        if self._error:
            raise self._error
        with self._lock:
            now = max(self._last_millisecond + 1, int(time.time() * 1000))
            self._last_millisecond = now
            self._pending += [
                Metric(name, value, now, step) for name, value in self._earlier.news(step, values).items()
            ]
        self._wake.set()

    def log_kernels(self, epoch: int, kernels: dict[str, np.ndarray]) -> None:
        """Queues the kernels after an epoch; at `MAX_SNAPSHOTS`, every second epoch's are dropped."""
        with self._lock:
            self._snapshots[epoch] = kernels
            self._snapshots_saved = False
            if len(self._snapshots) > MAX_SNAPSHOTS:
                remaining = [*list(self._snapshots)[::2], epoch]
                self._snapshots = {number: self._snapshots[number] for number in remaining}
        self._wake.set()

    def log_weights(self, epoch: int, arrays: list[np.ndarray]) -> None:
        """Queues all weights after an epoch; of a long training only every few epochs' and the last ones."""
        with self._lock:
            if epoch % weights_stride(self.epochs, sum(array.nbytes for array in arrays)):
                self._latest = epoch, arrays
            else:
                self._weights[epoch], self._latest = arrays, None
        self._wake.set()

    def save_model(self, content: bytes, last: bool = False) -> None:
        """Writes the content of a `.keras` file, after all that is queued.

        A training that goes on from this network does not report again what came before. `last`: whether the
        training has ended with it.
        """
        if last:
            self._queue_latest()
        patiently(self._flush_metrics)
        patiently(self._flush_arrays)
        patiently(lambda: artifacts.save(self.run_id, artifacts.MODEL, content))

    def save_stopping(self, arrays: dict[str, np.ndarray]) -> None:
        """Writes what the rules that may end the training know; see `cnnlab.models.stopping`."""
        patiently(lambda: artifacts.save_npz(self.run_id, artifacts.STOPPING, arrays))

    def save_weights(self, epoch: int, arrays: list[np.ndarray]) -> None:
        """Writes all weights after an epoch that has to be among those stored."""
        patiently(self._flush_arrays)
        if epoch not in artifacts.weight_epochs(self.run_id):
            patiently(lambda: artifacts.save_weights(self.run_id, {epoch: arrays}))

    def save_predictions(self, probabilities: np.ndarray, labels: np.ndarray) -> None:
        """Writes the class probabilities of the test images, (N, classes), and their true classes, (N,)."""
        arrays = {"probabilities": probabilities, "labels": labels}
        patiently(lambda: artifacts.save_npz(self.run_id, "test_predictions.npz", arrays))

    def drop(self) -> None:
        """Writes nothing more: the run belongs to another process, which reports the same."""
        self._dropped = True

    def close(self) -> None:
        """Writes what is queued and ends the thread. Raises what writing has raised."""
        self._queue_latest()
        self._closing.set()
        self._wake.set()
        self._thread.join()
        if self._error:
            raise self._error

    def _queue_latest(self) -> None:
        with self._lock:
            if self._latest:
                self._weights |= [self._latest]

    def _flush_until_closed(self) -> None:
        arrays_at = float("-inf")
        try:
            while not self._closing.is_set():
                self._wake.wait()
                self._wake.clear()
                patiently(self._flush_metrics)
                if time.monotonic() - arrays_at >= ARRAY_SECONDS:
                    patiently(self._flush_arrays)
                    arrays_at = time.monotonic()
                self._closing.wait(FLUSH_SECONDS)
            patiently(self._flush_metrics)
            patiently(self._flush_arrays)
        except Exception as error:  # noqa: BLE001 the training's thread raises it
            self._error = error

    def _flush_metrics(self) -> None:
        with self._writing:
            with self._lock:
                pending, self._pending = self._pending, []
            if not pending or self._dropped:
                return
            try:
                log_metrics(self.run_id, pending)
            except StoreUnavailable:
                with self._lock:
                    self._pending = pending + self._pending
                raise

    def _flush_arrays(self) -> None:
        if self._dropped:
            return
        with self._writing:
            with self._lock:
                snapshots = None if self._snapshots_saved else dict(self._snapshots)
                weights = dict(self._weights)
            if weights:
                artifacts.save_weights(self.run_id, weights)
            if snapshots:
                layers = {
                    name: np.stack([kernels[name] for kernels in snapshots.values()])
                    for name in next(iter(snapshots.values()))
                }
                artifacts.save_npz(
                    self.run_id, "kernels.npz", {"epochs": np.array(list(snapshots)), **layers}
                )
            with self._lock:  # what came meanwhile is still to be written
                self._weights = {
                    epoch: arrays for epoch, arrays in self._weights.items() if epoch not in weights
                }
                self._snapshots_saved = snapshots is None or snapshots.keys() == self._snapshots.keys()


class _Reported:
    """What an earlier training of a run has reported.

    A training that goes on from its last stored network repeats the steps since then, and the results are
    the same for as long as its learning rates are. From the first other one on, all it reports is news.
    """

    def __init__(self, run_id: str | None) -> None:
        """`run_id`: None for a training that repeats no earlier one."""
        stored = curves([run_id] if run_id else []).sort_values(["step", "milliseconds"], kind="stable")
        # The steps rise, so that each metric's last one is what remains.
        self._last = dict(zip(stored["metric"].tolist(), stored["step"].tolist(), strict=True))
        rates = stored[stored["metric"] == rate_in_force(self._last)]
        self._rate_steps, self._rates = rates["step"].to_numpy(), rates["value"].to_numpy()

    def news(self, step: int, values: dict[str, float]) -> dict[str, float]:
        """Those of the values that were not reported at this step or an earlier one."""
        rate = values.get(rate_in_force(values))
        if rate is not None and self._is_other_rate(step, rate):
            self._last = {}
        return {name: value for name, value in values.items() if step > self._last.get(name, -1)}

    def _is_other_rate(self, step: int, rate: float) -> bool:
        """Whether the earlier training had another rate in the steps that ended here."""
        if step > self._last.get("learning_rate", -1):
            return False  # it did not come so far
        before = np.searchsorted(self._rate_steps, step)  # the rate can change more than once at a step
        return rate not in self._rates[max(0, before - 1) : np.searchsorted(self._rate_steps, step, "right")]


def _stored_snapshots(run_id: str) -> dict[int, dict[str, np.ndarray]]:
    """Epoch → the stored kernels; none if the training was cut off before it had stored any."""
    try:
        stored = artifacts.kernels(run_id)
    except RunNotFound:
        return {}
    epochs = stored.pop("epochs")
    return {int(epoch): {name: layer[i] for name, layer in stored.items()} for i, epoch in enumerate(epochs)}
