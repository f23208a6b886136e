"""What a page sees of a network: before training, in the middle of it, and as it is stored; held to Keras."""

import itertools

import keras
import numpy as np
import pytest

from cnnlab import runs
from cnnlab.data.registry import load
from cnnlab.inside.network_view import NetworkView
from cnnlab.models import training
from cnnlab.models.build import build
from cnnlab.models.events import EpochEnd, Steps
from cnnlab.spec import PRESETS, RunSpec
from cnnlab.worker import answers, live, state, train

SMALL = PRESETS["small"].with_setting("data.images", 300).with_setting("training.epochs", 2)
ROLES = ("model", "baseline")


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return load("fashion-mnist", "sample").x_test[7].astype(np.float32) / 255


def by_keras(network: keras.Model, image: np.ndarray) -> dict[str, np.ndarray]:
    """The outputs of all layers, by a functional model."""
    whole = keras.Model(network.inputs[0], [layer.output for layer in network.layers])
    values = whole(image[None])
    return {layer.name: np.array(value)[0] for layer, value in zip(network.layers, values, strict=True)}


def assert_equal_views(view: NetworkView, network: keras.Model, image: np.ndarray) -> None:
    expected = by_keras(network, image)
    for name, output in view.outputs.items():
        np.testing.assert_allclose(output, expected[name], rtol=1e-4, atol=1e-5)
    first = network.get_weights()[0]
    for unit, picture in enumerate(view.pictures):
        np.testing.assert_array_equal(picture.ravel(), first[:, unit])


@pytest.mark.parametrize("role", ROLES)
def test_the_untrained_network_has_the_weights_that_a_training_begins_with(role, image):
    spec = SMALL.runs()[role]
    view = answers.untrained_view(spec.model, spec.data.dataset, spec.training.seed, image)
    assert view.step == 0
    assert_equal_views(view, build(spec.model, (28, 28, 1), 10, spec.training.seed), image)
    assert len(view.pictures) == (8 if role == "baseline" else 0)
    other = answers.untrained_view(spec.model, spec.data.dataset, spec.training.seed + 1, image)
    assert not np.allclose(list(other.outputs.values())[-1], list(view.outputs.values())[-1])


@pytest.mark.parametrize("role", ROLES)
def test_a_stored_network_is_shown_as_it_was_after_an_epoch(role, image):
    spec = SMALL.runs()[role]
    run_id = runs.create(role, "live", spec)
    train.train(run_id)
    network = build(spec.model, (28, 28, 1), 10)
    network.set_weights(runs.weights(run_id, 1))
    assert_equal_views(answers.stored_view(run_id, 1, image), network, image)


def watched(spec: RunSpec, image: np.ndarray, monkeypatch) -> tuple[list, list[NetworkView]]:
    """A training that is looked at after every report: the weights of each report, and the views."""
    monkeypatch.setattr(training.Window, "due", lambda self: True)
    run_id = runs.create("model", "live", spec)
    weights, views = [], []
    watching = live.LiveWeights()
    assert watching.view(run_id, image) is None, "nothing has been copied yet"

    def listen(event) -> None:
        watching.take(run_id, event)
        if isinstance(event, Steps | EpochEnd):
            weights.append((event.step, event.model.get_weights()))
            views.append(watching.view(run_id, image))

    train.train(run_id, listener=listen)
    return weights, views


@pytest.mark.parametrize("role", ROLES)
def test_a_training_is_shown_as_it_is_in_the_middle_of_an_epoch(role, image, monkeypatch):
    spec = SMALL.runs()[role]
    weights, views = watched(spec, image, monkeypatch)
    assert len({step for step, _ in weights}) > 4, "also between the ends of epochs"
    network = build(spec.model, (28, 28, 1), 10)
    for (step, arrays), view in zip(weights, views, strict=True):
        network.set_weights(arrays)
        assert view.step == step
        assert_equal_views(view, network, image)


def test_a_training_on_raw_pixels_is_shown_with_the_values_that_it_gets(image, monkeypatch):
    spec = SMALL.with_setting("data.pixels", "raw").runs()["model"]
    weights, views = watched(spec, image, monkeypatch)
    network = build(spec.model, (28, 28, 1), 10)
    network.set_weights(weights[-1][1])
    expected = by_keras(network, image * 255)
    np.testing.assert_allclose(views[-1].outputs["conv_1"], expected["conv_1"], rtol=1e-4, atol=1e-3)


def test_a_training_that_nobody_watches_is_not_copied(monkeypatch):
    watching = live.LiveWeights()
    copied = []

    class Network:
        def get_weights(self) -> list:
            copied.append(1)
            return []

    event = Steps(1, 1, loss=1, accuracy=0, images_per_second=1, learning_rate=1, model=Network())
    watching.take("run", event)
    assert not copied
    clock = itertools.count(0, live.WATCH_SECONDS * 0.6)
    monkeypatch.setattr(live.time, "monotonic", lambda: next(clock))
    watching.view("run", np.zeros((28, 28, 1)))
    watching.take("run", event)
    assert len(copied) == 1
    watching.take("run", event)
    assert len(copied) == 1, "the page has been closed"


def test_watching_changes_no_weight(image, monkeypatch):
    spec = SMALL.runs()["model"]
    weights, _ = watched(spec, image, monkeypatch)
    alone = runs.create("model", "live", spec)
    train.train(alone)
    for ours, theirs in zip(weights[-1][1], runs.weights(alone, 2), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_training_that_has_ended_leaves_nothing_behind(image):
    worker = state.WorkerState()
    run_id = runs.create("model", "live", SMALL.runs()["model"])
    worker.live.view(run_id, image)
    worker.train(run_id)
    assert worker.live.view(run_id, image) is None
