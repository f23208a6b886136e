"""The trainings that are timed: the same network by Keras's `fit` and by cnnlab. Keras is loaded inside.

- `keras_fit`: `keras.Model.fit` with Adam and accuracy as a metric, and nothing else;
- `cnnlab_stored`: `cnnlab.worker.train.train`, as a worker executes it; everything goes into an MLflow store;
- `cnnlab_silent`: `cnnlab.models.training.fit`, with events that nobody stores.

Each function builds a new network and trains it for one epoch that is not counted, because it includes
tracing and compiling, and then for the counted epochs. It returns two times, for whole epochs and for their
training steps alone. Whole epochs of cnnlab include the validation after each and, in `cnnlab_stored`, all
that is stored meanwhile; Keras and PyTorch validate nothing, which is to cnnlab's disadvantage. Training
steps include the events between them. What happens once in a run (the test, storing the network) is in
neither.
"""

import functools
import time
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from cnnlab import runs
from cnnlab.data.registry import DATASETS, load
from cnnlab.data.split import Split, split
from cnnlab.models.events import EpochEnd, Event
from cnnlab.spec import DataSpec, RunSpec

if TYPE_CHECKING:
    import keras

PRODUCTS = {1024: 16, 2048: 4}  # side of the matrices → how many products are timed; the fastest counts

Seconds: TypeAlias = tuple[float, float]  # of whole epochs, and of their training steps alone


@functools.lru_cache(maxsize=1)
def images_of(data: DataSpec) -> Split:
    """The images of a training, the same for every competitor."""
    return split(load(data.dataset, data.source), data, seed=0)


def keras_fit(spec: RunSpec, epochs: int) -> Seconds:
    """Keras's own `fit`; both times are the same, because it does not validate."""
    import keras

    ends: list[float] = []
    note_end = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter())
    )
    data, size = images_of(spec.data), spec.training.batch_size
    model = _keras_model(spec, data)
    model.fit(data.x_train, data.y_train, size, epochs + 1, verbose=0, callbacks=[note_end])
    keras.backend.clear_session()
    return ends[-1] - ends[0], ends[-1] - ends[0]


def first_step(spec: RunSpec) -> float:
    """Seconds from building the network to the first loss of Keras's `fit`."""
    data, size = images_of(spec.data), spec.training.batch_size
    began = time.perf_counter()
    _keras_model(spec, data).fit(data.x_train[:size], data.y_train[:size], size, verbose=0)
    return time.perf_counter() - began


def _keras_model(spec: RunSpec, data: Split) -> "keras.Model":
    from cnnlab.models.build import build

    model = build(spec.model, data.x_train.shape[1:], len(DATASETS[spec.data.dataset].classes))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def cnnlab_stored(spec: RunSpec, epochs: int) -> Seconds:
    """cnnlab as a worker executes it, with everything stored."""
    from cnnlab.worker import train

    times = EventTimes()
    train.train(runs.create("model", "bench", _with_epochs(spec, epochs + 1)), listener=times.note)
    return times.seconds()


def cnnlab_silent(spec: RunSpec, epochs: int) -> Seconds:
    """cnnlab without storing anything."""
    import keras

    from cnnlab.models import training

    times = EventTimes()
    training.fit(_with_epochs(spec, epochs + 1), images_of(spec.data), times.note)
    keras.backend.clear_session()
    return times.seconds()


def reason_without_half() -> str:
    """Why mixed bfloat16 is not compared on this device, in a sentence; empty if it is."""
    from cnnlab.worker import bfloat16

    problem = bfloat16.problem()
    return f"Mixed bfloat16 is left out. {problem}" if problem else ""


def _with_epochs(spec: RunSpec, epochs: int) -> RunSpec:
    return spec.model_copy(update={"training": spec.training.model_copy(update={"epochs": epochs})})


class EventTimes:
    """When the events of a training had been processed."""

    def __init__(self) -> None:
        self._trained: dict[int, float] = {}  # epoch → its last training steps
        self._ended: dict[int, float] = {}  # epoch → its end, validation included

    def note(self, event: Event) -> None:
        """Called as soon as an event has been processed."""
        times = self._ended if isinstance(event, EpochEnd) else self._trained
        times[event.epoch] = time.perf_counter()

    def seconds(self) -> Seconds:
        """Of all epochs but the first: of whole epochs, and of their training steps alone."""
        last = max(self._ended)
        steps = sum(self._trained[epoch] - self._ended[epoch - 1] for epoch in range(2, last + 1))
        return self._ended[last] - self._ended[1], steps


def matrix_rate(dtype: str) -> float:
    """How fast the Keras backend multiplies matrices of 'float32' or 'bfloat16' here, in FLOP/s.

    A product of two n×n matrices counts as 2 n³ floating point operations.
    """
    return max(_product_rate(side, times, dtype) for side, times in PRODUCTS.items())


def _product_rate(side: int, times: int, dtype: str) -> float:
    """FLOP/s of the fastest of so many products of matrices with this side."""
    import keras

    numbers = np.random.default_rng(0).random((side, side), np.float32)
    matrix = keras.ops.cast(keras.ops.convert_to_tensor(numbers), dtype)
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        np.asarray(keras.ops.cast(keras.ops.matmul(matrix, matrix)[0, 0], "float32"))
        seconds.append(time.perf_counter() - began)
    return 2 * side**3 / min(seconds)
