"""Trains a stored run: loads its images, trains its network, and stores all events and results in the run.

A worker executes it as a task; the command line and the benchmark call it in their own process. Keras is
loaded inside the functions.
"""

import contextlib
import dataclasses
import functools
import gc
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from cnnlab import runs
from cnnlab.arithmetic.network import layer_rows, totals
from cnnlab.checks import require
from cnnlab.data.catalogue import Images
from cnnlab.data.fingerprint import fingerprint
from cnnlab.data.registry import DATASETS, load
from cnnlab.data.split import Split, split
from cnnlab.errors import NotFinite, NotTrainedHere, RunNotFound, StoreUnavailable
from cnnlab.models.events import (
    Checkpoint,
    EpochEnd,
    Event,
    Outcome,
    Paused,
    RateChanged,
    Resumed,
    ResumeMetrics,
    Started,
    Steps,
)
from cnnlab.models.stopping import Stopping, has_rules
from cnnlab.runs.patience import patiently
from cnnlab.runs.recorder import Recorder
from cnnlab.runs.store_errors import temporary_files_in_sentences
from cnnlab.spec import RunSpec
from cnnlab.spec.orders import Orders
from cnnlab.worker import device, memory, room, shared_gpu

if TYPE_CHECKING:
    import keras

MODEL_SECONDS = 10.0  # at least, between two writings of the model during a training
NOTE_SECONDS = 1.0  # at least, between two notes on a download
ENDINGS: dict[str, runs.Status] = {
    "finished": "finished",
    "stopped": "stopped",
    "superseded": "stopped",
    "diverged": "failed",
}
Listener: TypeAlias = Callable[[Event], None]


def train(
    run_id: str,
    control: Callable[[], Orders] = Orders,
    listener: Listener = lambda event: None,
    task: str = "",
    memory_limit: int | None = None,
) -> None:
    """Trains a waiting run and stores all of it: curves, kernels, network, predictions, results.

    A run that was trained before continues from its stored network.

    Args:
        run_id: A run that `runs.create` has created or `runs.reopen` has reopened.
        control: Called several times a second; returns the orders in force.
        listener: Called with every event of the training, once it is handed to the store.
        task: Dask's key of the task that calls; empty outside of Dask.
        memory_limit: The bytes that this process may take; None where only the machine's memory limits it.

    Raises `NotTrainedHere`, and leaves the run alone, where it does not wait or another process takes it up.
    Any other exception ends the run as failed, with the exception's message as the reason, and is raised; a
    `KeyboardInterrupt` ends it as stopped.
    """
    try:
        again = runs.start(run_id, device.name(), task)
        orders = runs.OrdersInForce(control)
        heartbeat = runs.Heartbeat(run_id, orders.take, orders.give_up, task)
        if again:
            patiently(heartbeat.beat)  # the orders that the worker before had
        out_of_memory = memory.in_sentences(memory.TRAINING, device.name())
        with heartbeat.beating(), out_of_memory:
            run = patiently(lambda: runs.get(run_id))
            require(run.spec)
            if device.name() == "CPU":
                room.require_room(run.spec, memory_limit)
            with shared_gpu.room_for(run.spec, orders, functools.partial(_note, run_id)):
                _train(run, orders, listener)
    except NotTrainedHere:
        raise
    except KeyboardInterrupt:  # of the command line, where a person does not want to wait for the test
        patiently(lambda: runs.end(run_id, "stopped"))
        raise
    except BaseException as error:
        reason = str(error) or type(error).__name__
        patiently(lambda: runs.end(run_id, "failed", reason))
        raise
    finally:
        _forget_networks()


def _forget_networks() -> None:
    """Frees the memory of a training: a network and its compiled steps refer to each other."""
    import keras

    keras.backend.clear_session(free_memory=False)
    gc.collect()


def _train(run: runs.Run, control: Callable[[], Orders], listener: Listener) -> None:
    from cnnlab.models import training

    data = split(_images(run), run.spec.data, run.spec.training.seed)
    checkpoint = patiently(lambda: _checkpoint(run, data))
    exact = checkpoint is None or checkpoint.exact
    recorder = patiently(
        lambda: Recorder(run.run_id, run.spec.training.epochs, checkpoint is not None, exact)
    )
    try:
        reporter = _Reporter(run, recorder, listener)
        outcome = training.fit(run.spec, data, reporter.report, control, checkpoint)
        recorder.log_metrics(outcome.step, outcome.metrics | _costs(run.spec))
        if outcome.stopping:
            _save_stopping(recorder, run.spec, outcome.model, outcome.stopping.ended())
        recorder.save_model(_keras_file(outcome.model), last=True)
        if outcome.test_probabilities is not None:
            recorder.save_predictions(outcome.test_probabilities, data.y_test)
            _save_best_weights(recorder, outcome.stopping)
    except NotTrainedHere:
        recorder.drop()
        raise
    finally:
        recorder.close()
    _end(run, outcome)


def _images(run: runs.Run) -> Images:
    """The data set of a run, which keeps its fingerprint; the progress of a download is shown in its note."""
    images = load(run.spec.data.dataset, run.spec.data.source, _DownloadNote(run.run_id))
    info = DATASETS[run.spec.data.dataset]
    mark = info.fingerprint or fingerprint(info.classes, vars(images))  # `load` has checked a person's own
    patiently(lambda: runs.note_images(run.run_id, mark))
    return images


class _DownloadNote:
    """Writes the progress of a download into a run's note, at most once a second."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._written_at = float("-inf")

    def __call__(self, share: float) -> None:
        """`share`: what has been downloaded, from 0 to 1."""
        finished = share >= 1
        if finished or time.monotonic() - self._written_at >= NOTE_SECONDS:
            self._written_at = time.monotonic()
            _note(self._run_id, "" if finished else f"downloading the data set: {share:.0%}")


def _note(run_id: str, text: str) -> None:
    """Says in a run what it is busy with; the training waits while the store is busy or away."""
    patiently(lambda: runs.note(run_id, text))


class _Reporter:
    """Stores the events of a training in its run, and passes them on."""

    def __init__(self, run: runs.Run, recorder: Recorder, listener: Listener) -> None:
        self._run_id, self._spec = run.run_id, run.spec
        self._recorder = recorder
        self._listener = listener
        self._model_stored_at = float("-inf")

    def report(self, event: Event) -> None:
        """Called by the training with every event."""
        match event:
            case Started() | Steps() | RateChanged():
                self._recorder.log_metrics(event.step, event.metrics)
            case EpochEnd():
                self._store_epoch(event)
            case Paused():
                _note(self._run_id, "paused")
            case Resumed():
                _note(self._run_id, "")
        self._listener(event)

    def _store_epoch(self, event: EpochEnd) -> None:
        self._recorder.log_metrics(event.step, event.metrics)
        self._recorder.log_kernels(event.epoch, event.kernels)
        self._recorder.log_weights(event.epoch, event.model.get_weights())
        if event.epoch > 0 and time.monotonic() - self._model_stored_at > MODEL_SECONDS:
            if event.stopping:
                _save_stopping(self._recorder, self._spec, event.model, event.stopping)
            self._recorder.save_model(_keras_file(event.model))
            self._model_stored_at = time.monotonic()


def _save_stopping(recorder: Recorder, spec: RunSpec, model: "keras.Model", stopping: Stopping) -> None:
    """Stores what the rules know, before the network that it belongs to.

    It says of which step it is and how many epochs were planned: see `_stored_stopping`.
    """
    of_step = {"step": np.array(int(model.optimizer.iterations)), "epochs": np.array(spec.training.epochs)}
    recorder.save_stopping(stopping.arrays() | of_step)


def _save_best_weights(recorder: Recorder, stopping: Stopping | None) -> None:
    """Stores the weights that were put back among those of the epochs, of which only some are stored."""
    if stopping and stopping.best:
        recorder.save_weights(stopping.best.epoch, stopping.best.weights)


def _stored_stopping(run: runs.Run, step: int) -> Stopping | None:
    """What the rules knew at a step; None if that was not stored.

    A training that they had ended and that is continued for more epochs goes on.
    """
    try:
        arrays = runs.stopping(run.run_id)
    except RunNotFound:
        return None
    if int(arrays["step"]) != step:  # the worker died between the two files
        return None
    stopping = Stopping.from_arrays(arrays)
    continued = int(arrays["epochs"]) != run.spec.training.epochs
    return dataclasses.replace(stopping, reason="") if continued else stopping


def _keras_file(model: "keras.Model") -> bytes:
    """The network as a `.keras` file; waits while the disk of the temporary files is full."""
    from cnnlab.models.portable import keras_file

    def write() -> bytes:
        with temporary_files_in_sentences():
            return keras_file(model)

    return patiently(write)


def _checkpoint(run: runs.Run, data: Split) -> Checkpoint | None:
    """The stored network of the run's earlier training; None if none was stored, so that it starts again.

    It starts again, too, if what its rules knew then was not stored with it. A stored network that is not
    finite, as older versions left it behind, is replaced by the newest weights that are, with an optimizer
    that starts anew. Raises `NotFinite` if there are none.
    """
    from cnnlab.models import portable, training
    from cnnlab.models.snapshot import is_finite

    if "seconds" not in run.metrics or not runs.has_model(run.run_id):
        return None
    resume = ResumeMetrics(
        run.metrics["best_val_accuracy"], int(run.metrics["best_epoch"]), run.metrics["seconds"]
    )
    checkpoint = Checkpoint(portable.from_keras_file(runs.model_content(run.run_id)), resume)
    if is_finite(checkpoint.model):
        if not has_rules(run.spec.training):
            return checkpoint
        stopping = _stored_stopping(run, int(checkpoint.model.optimizer.iterations))
        return dataclasses.replace(checkpoint, stopping=stopping) if stopping else None
    epoch, weights = _finite_weights(run)
    return training.checkpoint_of(run.spec, data, weights, epoch, resume)


def _finite_weights(run: runs.Run) -> tuple[int, list[np.ndarray]]:
    """The newest stored weights of a run that are finite numbers, and their epoch."""
    for epoch in reversed(runs.weight_epochs(run.run_id)):
        weights = runs.weights(run.run_id, epoch)
        if all(np.isfinite(array).all() for array in weights):
            return epoch, weights
    raise NotFinite(
        "This run cannot be continued, since no weights of it are stored that are finite numbers. Lower "
        "'Learning rate' and press 'Train' to train it from the beginning."
    )


def _costs(spec: RunSpec) -> dict[str, float]:
    """Parameters and multiply-adds of the network."""
    info = DATASETS[spec.data.dataset]
    summary = totals(layer_rows(spec.model, info.input_shape, len(info.classes)))
    return {"params": summary.params, "macs": summary.macs}


def _end(run: runs.Run, outcome: Outcome) -> None:
    if outcome.ending == "superseded":
        patiently(lambda: runs.hide(run.run_id))
    patiently(lambda: runs.end(run.run_id, ENDINGS[outcome.ending], outcome.reason))


def warm_up() -> None:
    """Loads what a training needs and trains two tiny networks, so that the first real one starts at once."""
    import numpy as np

    from cnnlab.data.split import Split
    from cnnlab.models import training
    from cnnlab.spec import PRESETS

    device.use_gpu_memory_as_needed()
    x, y = np.zeros((64, 28, 28, 1), np.float32), np.arange(64) % 10
    tiny = PRESETS["small"].with_setting("training.epochs", 1).runs()
    for spec in tiny.values():
        training.fit(spec, Split(x, y, x[:8], y[:8], x[:8], y[:8]), lambda event: None)


def open_store() -> None:
    """Opens the store of runs, which takes a second or two; a training that begins meanwhile waits for it.

    Where that fails, so does what needs it, and says why.
    """
    with contextlib.suppress(StoreUnavailable):
        runs.prepare()
