"""What a worker executes: joins data sets, training and runs. Keras is loaded inside the functions.

Nothing here knows Dask: the command line calls the same functions in its own process.
"""

import gc
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from cnnlab import runs
from cnnlab.arithmetic.network import layer_rows, totals
from cnnlab.checks import require
from cnnlab.data.registry import DATASETS, Images, load
from cnnlab.data.split import split
from cnnlab.runs.recorder import Recorder
from cnnlab.spec import RunSpec
from cnnlab.spec.orders import Orders
from cnnlab.worker import device

if TYPE_CHECKING:
    from cnnlab.models.reports import Checkpoint, Outcome, Report

CHECKPOINT_SECONDS = 10.0
ENDINGS: dict[str, runs.Status] = {
    "finished": "finished",
    "stopped": "stopped",
    "superseded": "stopped",
    "diverged": "failed",
}
Progress = Callable[[int, int], None]


def train(run_id: str, control: Callable[[], Orders] = Orders, progress: Progress | None = None) -> None:
    """Trains a waiting run and stores all of it: curves, kernels, network, predictions, results.

    A run that was trained before goes on where its network was stored.

    Args:
        run_id: A run that `runs.create` made or `runs.reopen` opened again.
        control: Asked for the present orders, several times a second.
        progress: Called with (optimizer steps done, images a second) at every report.

    Whatever goes wrong ends the run as failed, with the reason, and is raised.
    """
    try:
        runs.start(run_id, device.name())
        _train(runs.get(run_id), control, progress)
    except BaseException as error:
        runs.end(run_id, "failed", str(error) or type(error).__name__)
        raise
    finally:
        _forget_networks()


def _forget_networks() -> None:
    """Gives back the memory of a training: a network and its compiled steps hold each other."""
    import keras

    keras.backend.clear_session(free_memory=False)
    gc.collect()


def _train(run: runs.Run, control: Callable[[], Orders], progress: Progress | None) -> None:
    from cnnlab.models import training

    require(run.spec)
    data = split(_images(run), run.spec.data, run.spec.training.seed)
    checkpoint = _checkpoint(run)
    recorder = Recorder(run.run_id, run.spec.training.epochs, continued=checkpoint is not None)
    try:
        report = _reporter(run, recorder, progress)
        outcome = training.fit(run.spec, data, report, control, checkpoint)
        recorder.metrics(outcome.step, outcome.metrics | _costs(run.spec))
        if outcome.ending != "diverged":
            recorder.model(outcome.model)
        if outcome.test_probabilities is not None:
            recorder.predictions(outcome.test_probabilities, data.y_test)
    finally:
        recorder.close()
    _end(run, outcome)


def _images(run: runs.Run) -> Images:
    """The data set of a run; a download is told in the run's note."""

    def tell(share: float) -> None:
        runs.note(run.run_id, f"downloading the data set: {share:.0%}" if share < 1 else "")

    return load(run.spec.data.dataset, run.spec.data.source, _every(1.0, tell))


def _every(seconds: float, tell: Callable[[float], None]) -> Callable[[float], None]:
    """Passes on at most one share in so many seconds, and the last one."""
    told = [0.0]

    def sometimes(share: float) -> None:
        if share >= 1 or time.monotonic() - told[0] >= seconds:
            told[0] = time.monotonic()
            tell(share)

    return sometimes


def _reporter(run: runs.Run, recorder: Recorder, progress: Progress | None) -> "Callable[[Report], None]":
    stored_at = 0.0

    def report(news: "Report") -> None:
        nonlocal stored_at
        recorder.metrics(news.step, news.metrics)
        if news.kernels is not None:
            recorder.snapshot(news.epoch, news.kernels)
            recorder.weights(news.epoch, news.model.get_weights())
        if news.paused is not None:
            runs.note(run.run_id, "paused" if news.paused else "")
        if news.model is not None and news.epoch and time.monotonic() - stored_at > CHECKPOINT_SECONDS:
            recorder.model(news.model)
            stored_at = time.monotonic()
        if progress:
            progress(news.step, round(news.metrics.get("images_per_second", 0)))

    return report


def _checkpoint(run: runs.Run) -> "Checkpoint | None":
    """Where the run's training ended before; None where it begins."""
    if "seconds" not in run.metrics:
        return None
    import keras

    from cnnlab.models.reports import Checkpoint

    return Checkpoint(
        keras.models.load_model(runs.model_file(run.run_id)),
        run.metrics["best_val_accuracy"],
        int(run.metrics["best_epoch"]),
        run.metrics["seconds"],
    )


def _costs(spec: RunSpec) -> dict[str, float]:
    info = DATASETS[spec.data.dataset]
    summary = totals(layer_rows(spec.model, info.input_shape, len(info.classes)))
    return {"params": summary.params, "macs": summary.macs}


def _end(run: runs.Run, outcome: "Outcome") -> None:
    if outcome.ending == "superseded":
        runs.hide(run.run_id)
    runs.end(run.run_id, ENDINGS[outcome.ending], outcome.reason)


def warm_up() -> None:
    """Imports what a training needs and trains a tiny network, so that the first real one starts at once."""
    import numpy as np

    from cnnlab.data.split import Split
    from cnnlab.models import training
    from cnnlab.spec import PRESETS

    device.use_gpu_memory_as_needed()
    x, y = np.zeros((64, 28, 28, 1), np.float32), np.arange(64) % 10
    tiny = PRESETS["small"].with_setting("training.epochs", 1).runs()
    for spec in tiny.values():
        training.fit(spec, Split(x, y, x[:8], y[:8], x[:8], y[:8]), lambda report: None)
    runs.prepare()
