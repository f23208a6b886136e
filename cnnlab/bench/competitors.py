"""What is timed: the same network, trained by plain Keras and by cnnlab. Functions load Keras.

- plain: `keras.Model.fit` as everyone writes it: Adam, accuracy as a metric, nothing else switched on;
- reporting: `cnnlab.worker.train.train`, which is what a worker runs: everything goes into an MLflow store;
- silent: `cnnlab.models.training.fit`, the training within it, with reports that go nowhere.

Each turn builds a new network and first trains it for one epoch that is not counted: tracing and
compiling fall into it. Then come the epochs that are counted. Of cnnlab they are counted whole, with the
validation after each epoch and, where it reports, all that is stored meanwhile; plain `fit` and PyTorch
validate nothing, so the comparison is to cnnlab's disadvantage. The second number of a turn leaves
cnnlab's validation out; the reports between the steps stay in. What happens once in a run (test images,
storing the network) is in neither.
"""

import functools
import math
import time
from typing import TYPE_CHECKING

import numpy as np

from cnnlab import runs
from cnnlab.data.registry import DATASETS, load
from cnnlab.data.split import Split, split, steps_per_epoch
from cnnlab.spec import DataSpec, RunSpec

if TYPE_CHECKING:
    import keras

PRODUCTS = {1024: 16, 2048: 4}  # side of the matrices → products timed; the best of them counts

Seconds = tuple[float, float]


@functools.lru_cache(maxsize=1)
def images_of(data: DataSpec) -> Split:
    """The images that are trained on, the same for every arm."""
    return split(load(data.dataset, data.source), data, seed=0)


def plain(spec: RunSpec, epochs: int) -> Seconds:
    """Seconds that Keras's own `fit` takes for so many epochs, twice the same number."""
    import keras

    ends: list[float] = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()))
    data, size = images_of(spec.data), spec.training.batch_size
    model = _plain_model(spec, data)
    model.fit(data.x_train, data.y_train, size, epochs + 1, verbose=0, callbacks=[clock])
    keras.backend.clear_session()
    return ends[-1] - ends[0], ends[-1] - ends[0]


def first_step(spec: RunSpec) -> float:
    """Seconds from nothing to the first loss of plain `fit`, in a process where Keras is warm."""
    data, size = images_of(spec.data), spec.training.batch_size
    began = time.perf_counter()
    _plain_model(spec, data).fit(data.x_train[:size], data.y_train[:size], size, verbose=0)
    return time.perf_counter() - began


def _plain_model(spec: RunSpec, data: Split) -> "keras.Model":
    from cnnlab.models.build import build

    model = build(spec.model, data.x_train.shape[1:], len(DATASETS[spec.data.dataset].classes))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def reporting(spec: RunSpec, epochs: int) -> Seconds:
    """As a worker trains and stores it: seconds of whole epochs, and of their training steps alone."""
    from cnnlab.worker import train

    spec, marks = _with_epochs(spec, epochs + 1), Marks()

    def progress(step: int, images_per_second: int) -> None:
        """Reports without a speed are those after a validation."""
        marks.note(math.ceil(step / steps_per_epoch(spec)), images_per_second == 0)

    train.train(runs.create("model", "bench", spec), progress=progress)
    return marks.seconds()


def silent(spec: RunSpec, epochs: int) -> Seconds:
    """The same without storing anything."""
    import keras

    from cnnlab.models import training

    spec, marks = _with_epochs(spec, epochs + 1), Marks()
    training.fit(spec, images_of(spec.data), lambda news: marks.note(news.epoch, news.kernels is not None))
    keras.backend.clear_session()
    return marks.seconds()


def _with_epochs(spec: RunSpec, epochs: int) -> RunSpec:
    return spec.model_copy(update={"training": spec.training.model_copy(update={"epochs": epochs})})


class Marks:
    """When which report of a training had been dealt with."""

    def __init__(self) -> None:
        self._marks: list[tuple[float, int, bool]] = []

    def note(self, epoch: int, ended: bool) -> None:
        """Now: a report of this epoch; `ended` where it was the epoch's last, after the validation."""
        self._marks.append((time.perf_counter(), epoch, ended))

    def seconds(self) -> Seconds:
        """Of all epochs but the first: of the whole, and of the training steps alone."""
        ends = {epoch: at for at, epoch, ended in self._marks if ended}
        trained = {epoch: at for at, epoch, ended in self._marks if not ended}  # an epoch's last steps
        last = max(ends)
        steps = sum(trained[epoch] - ends[epoch - 1] for epoch in range(2, last + 1))
        return ends[last] - ends[1], steps


def matrix_rate() -> float:
    """Float32 matrix products of this machine by the Keras backend, FLOP/s: the best of some.

    A product of two n×n matrices counts as 2 n³ floating point operations.
    """
    return max(_product_rate(side, times) for side, times in PRODUCTS.items())


def _product_rate(side: int, times: int) -> float:
    import keras

    matrix = keras.ops.convert_to_tensor(np.random.default_rng(0).random((side, side), np.float32))
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        np.asarray(keras.ops.matmul(matrix, matrix)[0, 0])
        seconds.append(time.perf_counter() - began)
    return 2 * side**3 / min(seconds)
