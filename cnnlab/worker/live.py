"""Networks on their way through a training, as a page draws them: what their layers make of an image.

The thread that trains copies the weights between two of its calls, but only while a page watches the run, so
that a training that nobody watches is not slowed. Another thread loads the copy into a network of its own.
"""

import threading
import time
from typing import TYPE_CHECKING

import numpy as np

from cnnlab import runs
from cnnlab.data.pixels import pixel_values
from cnnlab.data.registry import DATASETS
from cnnlab.inside.network_view import NetworkView
from cnnlab.models.events import EpochEnd, Event, Steps
from cnnlab.spec import ConvNetSpec, DenseSpec, PixelValues

if TYPE_CHECKING:
    import keras

WATCH_SECONDS = 5.0  # after its last question a page no longer watches
PICTURED_UNITS = 8  # of a first dense layer


class LiveWeights:
    """The weights of the trainings that pages watch, in one worker. Can be used from any thread."""

    def __init__(self) -> None:
        self._watched_until: dict[str, float] = {}
        self._weights: dict[str, tuple[int, list[np.ndarray]]] = {}
        self._networks: dict[str, tuple[keras.Model, PixelValues]] = {}
        self._lock = threading.Lock()  # of the networks: setting weights and computing go together

    def take(self, run_id: str, event: Event) -> None:
        """Called by the training's own thread with each event: copies the weights if somebody watches."""
        if isinstance(event, Steps | EpochEnd) and time.monotonic() < self._watched_until.get(run_id, 0.0):
            self._weights[run_id] = event.step, event.model.get_weights()

    def view(self, run_id: str, image: np.ndarray) -> NetworkView | None:
        """What the network makes of an image, (H, W, C) float32 in [0, 1], now; it is watched from now on.

        None until its weights have been copied, about a quarter of a second after the first question.
        """
        self._watched_until[run_id] = time.monotonic() + WATCH_SECONDS
        if run_id not in self._weights:
            return None
        step, weights = self._weights[run_id]
        with self._lock:
            if run_id not in self._networks:
                spec = runs.get(run_id).spec
                network = untrained(spec.model, spec.data.dataset, spec.training.seed)
                self._networks[run_id] = network, spec.data.pixels
            network, pixels = self._networks[run_id]
            network.set_weights(weights)
            return view_of(network, pixel_values(image, pixels), step)

    def forget(self, run_id: str) -> None:
        """Frees what a training that has ended leaves behind."""
        for kept in (self._watched_until, self._weights, self._networks):
            kept.pop(run_id, None)


def untrained(model: ConvNetSpec | DenseSpec, dataset: str, seed: int) -> "keras.Model":
    """The network with the weights that its training begins with."""
    from cnnlab.models.build import build

    info = DATASETS[dataset]
    return build(model, info.input_shape, len(info.classes), seed)


def view_of(network: "keras.Model", image: np.ndarray, step: int = -1) -> NetworkView:
    """What a network makes of an image, (H, W, C) float32, with the values that it is to be given."""
    from cnnlab.models import inspection

    return NetworkView(step, inspection.layer_outputs(network, image), _pictures(network, image.shape))


def _pictures(network: "keras.Model", shape: tuple[int, ...]) -> np.ndarray:
    first = network.get_weights()[0]
    if first.ndim != 2:
        return np.zeros((0, *shape), np.float32)
    return first[:, :PICTURED_UNITS].T.reshape(-1, *shape)
