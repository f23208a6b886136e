"""The augmentation inside compiled steps: NumPy's images, and the same weights however the steps are cut."""

from collections.abc import Callable

import keras
import numpy as np
import pytest

from cnnlab.data.augmentation import Augmentation, random_numbers
from cnnlab.data.sampling import epoch_order
from cnnlab.models import training, xla_loop
from cnnlab.models.augmentation import BatchAugmentation
from cnnlab.models.build import build
from cnnlab.models.events import Checkpoint, EpochEnd
from cnnlab.models.keras_fit import KerasFit
from cnnlab.models.portable import portable
from cnnlab.models.tensorflow_loop import TensorFlowLoop
from cnnlab.models.xla_loop import XlaLoop
from cnnlab.spec import DataSpec, RunSpec, TrainingSpec
from tests.small_trainings import CNN, DENSE, images_of, of_type, spec_of, train

ALL = dict(
    augment_shift=0.1,
    augment_turn=20.0,
    augment_zoom=0.2,
    augment_flip=True,
    augment_contrast=0.4,
    augment_noise=0.05,
)
NETWORKS = pytest.mark.parametrize("network", [CNN, DENSE], ids=["cnn", "dense"])
STEPS_IN_A_CALL = [1, 7, 64]


def augmentation_of(shuffled_pixels: bool = False, **settings) -> Augmentation:
    spec = RunSpec(data=DataSpec(shuffled_pixels=shuffled_pixels), training=TrainingSpec(seed=4, **settings))
    augmentation = Augmentation.of(spec)
    assert augmentation
    return augmentation


@pytest.fixture
def calls_of(monkeypatch) -> Callable[[int], None]:
    """Sets how many steps one call makes, which otherwise depends on the clock."""

    def steps(number: int) -> None:
        monkeypatch.setattr(training, "next_chunk", lambda steps, seconds: number)

    return steps


@pytest.mark.parametrize(
    ("settings", "shape", "shuffled_pixels"),
    [
        *[({name: value}, (9, 14, 3), False) for name, value in ALL.items()],
        (ALL, (28, 28, 1), False),
        (ALL, (28, 28, 1), True),
        (ALL, (9, 14, 3), True),
    ],
)
def test_a_batch_is_augmented_as_numpy_does(settings, shape, shuffled_pixels):
    import tensorflow as tf

    augmentation = augmentation_of(shuffled_pixels, **settings)
    x = np.random.default_rng(0).random((30, *shape), dtype=np.float32)
    batches = BatchAugmentation(augmentation, x, batch_size=8)  # four steps an epoch
    for step, epoch in [(0, 1), (3, 1), (4, 2), (11, 3)]:
        batch = epoch_order(len(x), 0, epoch)[step % 4 * 8 :][:8]
        batches.begin(step)
        ours = batches.augment(tf.constant(x[batch]), tf.constant(batch))
        expected = augmentation.apply(x[batch], random_numbers(len(x), 4, epoch)[batch])
        np.testing.assert_allclose(ours, expected, atol=1e-4)


def test_raw_pixels_are_augmented_as_scaled_ones_are():
    import tensorflow as tf

    scaled = augmentation_of(**ALL)
    raw = scaled._replace(white=255)
    assert Augmentation.of(RunSpec(data=DataSpec(pixels="raw"), training=TrainingSpec(seed=4, **ALL))) == raw
    x = np.random.default_rng(0).random((8, 9, 14, 3), dtype=np.float32)
    numbers = random_numbers(len(x), 4, 1)
    expected = 255 * scaled.apply(x, numbers)
    np.testing.assert_allclose(raw.apply(255 * x, numbers), expected, atol=1e-3)
    batches = BatchAugmentation(raw, 255 * x, batch_size=8)
    batches.begin(0)
    order = np.arange(8, dtype=np.int32)
    np.testing.assert_allclose(batches.augment(tf.constant(255 * x), tf.constant(order)), expected, atol=0.05)


class Seen(keras.layers.Layer):
    """Keeps the images of the latest step; what comes after it learns from them."""

    def build(self, shape) -> None:
        self.images = self.add_weight(shape=(16, *shape[1:]), trainable=False, initializer="zeros")

    def call(self, x):
        if x.shape[0] != 1:
            self.images.assign(x)
        return x


def trained_by(engine: type, augmentation: Augmentation, x: np.ndarray, y: np.ndarray) -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input(x.shape[1:], batch_size=16),
            Seen(),
            keras.layers.Flatten(),
            keras.layers.Dense(4, kernel_initializer="zeros", activation="softmax"),
        ]
    )
    training.compile_model(model, TrainingSpec())
    engine = engine(model, x, y, 16, augmentation)
    for epoch in (1, 2):
        engine.train(epoch_order(len(x), 4, epoch))
    return model


@pytest.mark.parametrize("shuffled_pixels", [False, True], ids=["in place", "shuffled"])
def test_all_engines_train_on_the_same_images(shuffled_pixels, monkeypatch):
    monkeypatch.setattr(xla_loop, "XLA_STEPS", 4)
    monkeypatch.setattr(xla_loop, "XLA_FROM", 0)
    generator = np.random.default_rng(0)
    x, y = generator.random((96, 9, 14, 3), dtype=np.float32), generator.integers(4, size=96)
    augmentation = augmentation_of(shuffled_pixels, **ALL)
    loop, xla, fit = (trained_by(each, augmentation, x, y) for each in (TensorFlowLoop, XlaLoop, KerasFit))
    last = epoch_order(96, 4, 2)[-16:]
    expected = augmentation.apply(x[last], random_numbers(96, 4, 2)[last])
    for model in (loop, xla, fit):
        np.testing.assert_allclose(model.layers[0].images, expected, atol=1e-4)
        for ours, numpys in zip(model.get_weights(), fit.get_weights(), strict=True):
            np.testing.assert_allclose(ours, numpys, atol=1e-4)


@NETWORKS
def test_how_many_steps_a_call_makes_does_not_change_a_single_bit(network, calls_of, monkeypatch):
    monkeypatch.setattr(xla_loop, "XLA_FROM", 6)
    results = []
    for steps in STEPS_IN_A_CALL:
        calls_of(steps)
        results.append(train(network, **ALL, seed=1, epochs=3)[0].model.get_weights())
    plain = train(network, seed=1, epochs=3)[0].model.get_weights()
    for other in results[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(results[0], other, strict=True))
    assert not np.allclose(plain[0], results[0][0], atol=1e-4)


@NETWORKS
def test_a_continued_training_becomes_what_it_would_have_been(network, calls_of):
    calls_of(4)
    whole, _ = train(network, **ALL, epochs=3)
    first, events = train(network, **ALL, epochs=1)
    resume = of_type(EpochEnd, events)[-1].resume
    assert resume
    spec = spec_of(network, **ALL, epochs=3)
    continued = training.fit(
        spec, images_of(spec), lambda _: None, checkpoint=Checkpoint(portable(first.model), resume)
    )
    for ours, expected in zip(continued.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_a_model_and_its_baseline_learn_from_the_same_images(monkeypatch):
    """The same numbers for the same image in the same epoch, whatever the network."""
    drawn: list[list[np.ndarray]] = []
    begin = BatchAugmentation.begin

    def recorded(self: BatchAugmentation, step: int) -> None:
        begin(self, step)
        drawn[-1].extend(variable.numpy() for variable in self._drawn)

    monkeypatch.setattr(BatchAugmentation, "begin", recorded)
    monkeypatch.setattr(training, "next_chunk", lambda steps, seconds: 5)
    for network in (CNN, DENSE):
        drawn.append([])
        train(network, **ALL, epochs=2)
    assert len(drawn[0]) > 8
    for ours, baselines in zip(*drawn, strict=True):
        np.testing.assert_array_equal(ours, baselines)


def test_validation_and_test_images_stay_as_they_are():
    """A network that does not learn has the same results with and without augmentation."""
    results = []
    for settings in ({}, ALL):
        outcome, events = train(DENSE, **settings, learning_rate=1e-30, epochs=1)
        ends = [(event.val_loss, event.val_accuracy) for event in of_type(EpochEnd, events)]
        results.append((ends, outcome.metrics["test_loss"], outcome.test_probabilities.tolist()))
    assert results[0] == results[1]


def test_without_augmentation_a_step_computes_no_more_than_before():
    spec = spec_of(DENSE)
    data, model = images_of(spec), training.compile_model(build(DENSE, (28, 28, 1), 10, 0), spec.training)

    def operations(augmentation: Augmentation | None) -> set[str]:
        engine = TensorFlowLoop(model, data.x_train, data.y_train, 16, augmentation)
        graph = engine._steps.get_concrete_function().graph.as_graph_def()
        return {node.op for function in graph.library.function for node in function.node_def}

    added = operations(augmentation_of(**ALL)) - operations(Augmentation.of(spec))
    assert {"Pad", "PadV2", "Floor", "ClipByValue", "Maximum"} & added
