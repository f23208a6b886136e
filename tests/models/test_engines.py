"""Both engines are held against plain Keras `fit`, and against each other."""

import keras
import numpy as np
import pytest

from cnnlab.data.pixels import byte_values
from cnnlab.models import xla_loop
from cnnlab.models.build import build
from cnnlab.models.engines import engine_for
from cnnlab.models.keras_fit import KerasFit
from cnnlab.models.pace import Window, batch_sizes
from cnnlab.models.tensorflow_loop import TensorFlowLoop
from cnnlab.models.training import compile_model
from cnnlab.models.xla_loop import XlaLoop
from cnnlab.spec import OPTIMIZERS, ConvBlock, ConvNetSpec, DataSpec, DenseSpec, TrainingSpec

IMAGES, BATCH, CLASSES = 104, 16, 4  # six batches of 16 and a smaller last one of 8
SHAPE = (8, 8, 1)
PLAIN = ConvNetSpec(blocks=(ConvBlock(filters=4),), dense_units=8)
WITH_BATCH_NORM = ConvNetSpec(blocks=(ConvBlock(filters=4, batch_norm=True),), dense_units=8)
WITH_DROPOUT = ConvNetSpec(blocks=(ConvBlock(filters=4),), dense_units=8, dropout=0.5)
DENSE = DenseSpec(units=8)
DENSE_TANH = DenseSpec(units=8, activation="tanh")  # unlike relu, it lets NaN through
RATES = {"adam": 0.01, "adamw": 0.01, "rmsprop": 0.01, "sgd": 0.1, "momentum": 0.1}
ENGINES = [TensorFlowLoop, KerasFit]


@pytest.fixture(scope="module")
def images() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    y = generator.integers(CLASSES, size=IMAGES)
    x = generator.random((IMAGES, *SHAPE)) * 0.5 + y[:, None, None, None] * 0.1
    return x.astype(np.float32), y


@pytest.fixture(scope="module")
def order() -> np.ndarray:
    return np.random.default_rng(1).permutation(IMAGES).astype(np.int32)


def model_for(network, optimizer: str = "adam", rate: float | None = None, l2: float = 0.0) -> keras.Model:
    training = TrainingSpec(optimizer=optimizer, learning_rate=rate or RATES[optimizer], l2=l2)
    return compile_model(build(network, SHAPE, CLASSES, seed=2, l2=l2), training)


def assert_same_weights(first: keras.Model, second: keras.Model) -> None:
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize("network", [PLAIN, WITH_BATCH_NORM], ids=["plain", "batch norm"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_one_epoch_of_the_loop_gives_the_weights_of_plain_fit(network, optimizer, images, order):
    x, y = images
    looped, fitted = model_for(network, optimizer), model_for(network, optimizer)
    before = fitted.get_weights()
    TensorFlowLoop(looped, x, y, BATCH).train(order)
    fitted.fit(x[order], y[order], batch_size=BATCH, shuffle=False, verbose=0)
    assert_same_weights(looped, fitted)
    assert not np.allclose(before[0], fitted.get_weights()[0], atol=1e-4), "nothing was learned"


@pytest.mark.parametrize("network", [PLAIN, WITH_BATCH_NORM, DENSE], ids=["plain", "batch norm", "dense"])
def test_both_engines_report_the_same_loss_and_hits_of_every_batch(network, images, order):
    x, y = images
    loop, fit = (engine(model_for(network), x, y, BATCH).train(order) for engine in ENGINES)
    assert len(loop.losses) == len(fit.losses) == 7
    np.testing.assert_allclose(loop.losses, fit.losses, rtol=1e-4)
    np.testing.assert_array_equal(loop.correct, fit.correct)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_loss_is_the_mean_of_its_batch_before_the_update(engine, images, order):
    x, y = images
    model = model_for(PLAIN)
    probabilities = np.asarray(model(x[order[:BATCH]]))
    results = engine(model, x, y, BATCH).train(order)
    expected = -np.log(probabilities[np.arange(BATCH), y[order[:BATCH]]]).mean()
    assert results.losses[0] == pytest.approx(expected, rel=1e-5)
    assert results.correct[0] == (probabilities.argmax(axis=1) == y[order[:BATCH]]).sum()


@pytest.mark.parametrize("engine", ENGINES)
def test_many_short_calls_train_like_one_long_call(engine, images, order):
    x, y = images
    whole, pieces = model_for(WITH_DROPOUT), model_for(WITH_DROPOUT)
    engine(whole, x, y, BATCH).train(order)
    pieced = engine(pieces, x, y, BATCH)
    for start, end in [(0, 1), (1, 4), (4, 7)]:
        pieced.train(order[start * BATCH : end * BATCH])
    assert_same_weights(whole, pieces)


@pytest.mark.parametrize("engine", ENGINES)
def test_training_ends_at_the_first_loss_that_is_not_finite(engine, images, order):
    x, y = images
    model = model_for(PLAIN)
    model.optimizer.learning_rate.assign(1e38)
    losses = engine(model, x, y, BATCH).train(order).losses
    assert 1 <= len(losses) < 7
    assert np.isfinite(losses[:-1]).all() and not np.isfinite(losses[-1])


def test_both_engines_end_at_the_same_step_and_leave_the_same_number_of_updates(images, order):
    x, y = images
    x = x.copy()
    x[order[3 * BATCH]] = np.nan  # the fourth batch
    models = [model_for(DENSE_TANH) for _ in ENGINES]
    for engine, model in zip(ENGINES, models, strict=True):
        assert len(engine(model, x, y, BATCH).train(order).losses) == 4
    assert [int(model.optimizer.iterations) for model in models] == [4, 4]


@pytest.mark.parametrize("engine", ENGINES)
def test_prediction_is_that_of_the_model_without_dropout(engine, images):
    x, y = images
    model = model_for(WITH_DROPOUT)
    probabilities = engine(model, x, y, BATCH).predict(x)
    assert probabilities.shape == (IMAGES, CLASSES)
    np.testing.assert_allclose(probabilities, np.asarray(model(x, training=False)), rtol=1e-5)


def test_the_loop_leaves_a_model_that_keras_can_go_on_training(images, order):
    x, y = images
    mixed, fitted = model_for(PLAIN), model_for(PLAIN)
    TensorFlowLoop(mixed, x, y, BATCH).train(order)
    for model, epochs in [(mixed, 1), (fitted, 2)]:
        model.fit(x[order], y[order], batch_size=BATCH, epochs=epochs, shuffle=False, verbose=0)
    assert_same_weights(mixed, fitted)


@pytest.fixture
def short_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """XLA programs of four steps: the seven batches of an order need two calls, and one without XLA."""
    monkeypatch.setattr(xla_loop, "XLA_STEPS", 4)
    monkeypatch.setattr(xla_loop, "XLA_FROM", 0)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_xla_program_gives_the_weights_losses_and_hits_of_the_loop(
    optimizer, images, order, short_programs
):
    x, y = images
    compiled_by_xla, looped = model_for(DENSE, optimizer), model_for(DENSE, optimizer)
    results = XlaLoop(compiled_by_xla, x, y, BATCH).train(order)
    expected = TensorFlowLoop(looped, x, y, BATCH).train(order)
    assert_same_weights(compiled_by_xla, looped)
    np.testing.assert_allclose(results.losses, expected.losses, rtol=1e-4)
    np.testing.assert_array_equal(results.correct, expected.correct)


@pytest.mark.parametrize("batch", [1, 4, 6], ids=["first call", "second call", "after the calls"])
def test_the_xla_program_ends_at_the_first_loss_that_is_not_finite(batch, images, order, short_programs):
    x, y = images
    x = x.copy()
    x[order[batch * BATCH]] = np.nan
    model = model_for(DENSE_TANH)
    losses = XlaLoop(model, x, y, BATCH).train(order).losses
    assert len(losses) == batch + 1
    assert np.isfinite(losses[:-1]).all() and not np.isfinite(losses[-1])
    assert int(model.optimizer.iterations) == batch + 1


@pytest.mark.parametrize(
    ("backend", "network", "engine"),
    [("tensorflow", PLAIN, TensorFlowLoop), ("tensorflow", DENSE, XlaLoop), ("jax", DENSE, KerasFit)],
)
def test_the_engine_suits_backend_and_network(backend, network, engine, images, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    assert type(engine_for(model_for(network), *images, BATCH)) is engine


@pytest.mark.parametrize("calls", [[3] * 20, [60], [1, 2, 4, 8, 16, 29], [7, 1, 19, 33]])
def test_how_the_steps_fall_into_calls_does_not_change_a_single_bit(calls, images, monkeypatch):
    """60 steps, the loop up to step 10 and XLA from there; a pause between two calls changes nothing."""
    monkeypatch.setattr(xla_loop, "XLA_STEPS", 4)
    monkeypatch.setattr(xla_loop, "XLA_FROM", 10)
    x, y = images
    full = len(x) // BATCH * BATCH
    steps = np.resize(np.arange(full, dtype=np.int32).reshape(-1, BATCH), (60, BATCH))

    def weights(calls: list[int], continued_after: int = 0) -> list[np.ndarray]:
        model = model_for(DENSE)
        engine, done = XlaLoop(model, x, y, BATCH), 0
        for count in calls:
            if continued_after and done >= continued_after:
                engine, continued_after = XlaLoop(model, x, y, BATCH), 0
            engine.train(steps[done : done + count].ravel())
            done += count
        assert done == 60
        return model.get_weights()

    for ours, theirs in zip(weights(calls, continued_after=20), weights([5] * 12), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("images", "size"), [(611, 61), (100, 32), (64, 64), (65, 64), (104, 7)])
def test_the_loss_and_accuracy_of_an_epoch_are_those_that_keras_reports(images, size):
    generator = np.random.default_rng(images)
    x = generator.random((images, *SHAPE)).astype(np.float32)
    y = generator.integers(CLASSES, size=images)
    ours, theirs = model_for(DENSE), model_for(DENSE)
    window = Window()
    results = TensorFlowLoop(ours, x, y, size).train(np.arange(images, dtype=np.int32))
    window.add(results, batch_sizes(images, size))
    history = theirs.fit(x, y, batch_size=size, shuffle=False, verbose=0).history
    assert window.loss() == pytest.approx(history["loss"][0], rel=2e-6)
    assert window.accuracy() == pytest.approx(history["accuracy"][0], abs=1e-6)


FEW = np.array([0.02, 0.001, 0.03, 0.0, 0.01, 0.004, 0.02], np.float32)  # of the seven batches


class Rates(keras.optimizers.schedules.LearningRateSchedule):
    """Keras's own way to a rate for every step."""

    def __call__(self, step):
        return keras.ops.take(keras.ops.convert_to_tensor(FEW), keras.ops.cast(step, "int32"))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("engine", [*ENGINES, XlaLoop])
def test_a_rate_for_each_step_gives_the_weights_of_fit_with_a_schedule(
    engine, optimizer, images, order, short_programs
):
    x, y = images
    network = DENSE if engine is XlaLoop else PLAIN
    ours, fitted = model_for(network, optimizer), model_for(network, optimizer)
    choice = OPTIMIZERS[optimizer]
    scheduled = getattr(keras.optimizers, choice.keras_class)(Rates(), **choice.arguments)
    fitted.compile(scheduled, "sparse_categorical_crossentropy", jit_compile=False)
    engine(ours, x, y, BATCH).train(order, FEW)
    fitted.fit(x[order], y[order], batch_size=BATCH, shuffle=False, verbose=0)
    assert_same_weights(ours, fitted)
    assert float(ours.optimizer.learning_rate) == FEW[-1]


@pytest.mark.parametrize("engine", [*ENGINES, XlaLoop])
def test_equal_rates_in_short_calls_change_no_bit_of_what_the_optimizers_own_gives(
    engine, images, order, short_programs
):
    x, y = images
    network = DENSE if engine is XlaLoop else PLAIN
    plain, with_rates = model_for(network), model_for(network)
    engine(plain, x, y, BATCH).train(order)
    pieced = engine(with_rates, x, y, BATCH)
    for start, end in [(0, 1), (1, 4), (4, 7)]:
        pieced.train(order[start * BATCH : end * BATCH], np.full(end - start, 0.01, np.float32))
    for ours, theirs in zip(plain.get_weights(), with_rates.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("engine", [*ENGINES, XlaLoop])
@pytest.mark.parametrize("pixels", ["scaled", "raw"])
def test_images_that_stay_bytes_give_the_same_weights_bit_by_bit(
    engine, pixels, images, order, short_programs
):
    x, y = images
    stored = np.random.default_rng(0).integers(0, 256, x.shape, np.uint8)
    values = byte_values(DataSpec(pixels=pixels))
    network = DENSE if engine is XlaLoop else PLAIN
    of_floats, of_bytes = model_for(network), model_for(network)
    engine(of_floats, values[stored], y, BATCH).train(order)
    engine(of_bytes, stored, y, BATCH, values=values).train(order)
    for ours, theirs in zip(of_floats.get_weights(), of_bytes.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


# L2 weight decay

DECAY = 0.02


@pytest.mark.parametrize("network", [PLAIN, WITH_BATCH_NORM], ids=["plain", "batch norm"])
@pytest.mark.parametrize("optimizer", ["adam", "adamw", "momentum"])
def test_weight_decay_in_the_loop_gives_the_weights_of_kerass_own_regularizer(
    network, optimizer, images, order
):
    x, y = images
    looped, fitted = model_for(network, optimizer, l2=DECAY), model_for(network, optimizer, l2=DECAY)
    plain = model_for(network, optimizer)
    TensorFlowLoop(looped, x, y, BATCH).train(order)
    TensorFlowLoop(plain, x, y, BATCH).train(order)
    fitted.fit(x[order], y[order], batch_size=BATCH, shuffle=False, verbose=0)
    assert_same_weights(looped, fitted)
    assert not np.allclose(looped.get_weights()[0], plain.get_weights()[0], atol=1e-4)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_weight_decay_in_the_xla_program_gives_the_weights_of_kerass_own_regularizer(
    optimizer, images, order, short_programs
):
    x, y = images
    network = DenseSpec(units=8, second_units=6)
    compiled_by_xla, fitted = (model_for(network, optimizer, l2=DECAY) for _ in range(2))
    XlaLoop(compiled_by_xla, x, y, BATCH).train(order)
    fitted.fit(x[order], y[order], batch_size=BATCH, shuffle=False, verbose=0)
    assert_same_weights(compiled_by_xla, fitted)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_reported_loss_is_the_cross_entropy_without_the_penalty(engine, images, order):
    x, y = images
    model = model_for(PLAIN, l2=DECAY)
    probabilities = np.asarray(model(x[order[:BATCH]]))
    expected = -np.log(probabilities[np.arange(BATCH), y[order[:BATCH]]]).mean()
    assert sum(model.losses) > 0.1
    assert engine(model, x, y, BATCH).train(order).losses[0] == pytest.approx(expected, rel=1e-4)


def test_both_engines_report_the_same_losses_with_weight_decay(images, order):
    x, y = images
    loop, fit = (engine(model_for(PLAIN, l2=DECAY), x, y, BATCH).train(order) for engine in ENGINES)
    np.testing.assert_allclose(loop.losses, fit.losses, rtol=1e-3)


def test_only_the_kernels_of_convolutions_and_dense_layers_decay():
    model = model_for(WITH_BATCH_NORM, l2=DECAY)
    decayed = [each.path for each in model.trainable_variables if each.regularizer]
    assert [path.split("/")[-2:] for path in decayed] == [
        ["conv_1", "kernel"],
        ["dense", "kernel"],
        ["output", "kernel"],
    ]
    squares = sum(float((w**2).sum()) for w in model.get_weights() if w.ndim > 1)
    assert float(sum(model.losses)) == pytest.approx(DECAY * squares, rel=1e-5)
