"""Training steps in mixed bfloat16, held to Keras's own policy of that name; all else stays float32."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from cnnlab.models import training
from cnnlab.models.engines import engine_for
from cnnlab.models.events import Checkpoint, EpochEnd
from cnnlab.models.keras_fit import KerasFit
from cnnlab.models.portable import from_keras_file, keras_file
from cnnlab.models.precision import computing_in
from cnnlab.models.tensorflow_loop import TensorFlowLoop
from cnnlab.models.xla_loop import XlaLoop
from cnnlab.spec import ConvBlock, ConvNetSpec, DenseSpec, RunSpec, TrainingSpec
from tests.small_trainings import images_of, of_type, spec_of

PLAIN = ConvNetSpec(blocks=(ConvBlock(filters=8), ConvBlock(filters=8, pooling="min")), dense_units=16)
NETWORKS = {
    "pooling first": PLAIN,
    "batch norm": ConvNetSpec(blocks=(ConvBlock(filters=8, batch_norm=True, padding="same"),), dense_units=8),
    "average": ConvNetSpec(blocks=(ConvBlock(filters=8, pooling="average"),), activation="gelu"),
    "no pooling": ConvNetSpec(blocks=(ConvBlock(filters=4, pooling="none", stride=2),), activation="tanh"),
    "dense": DenseSpec(units=16, second_units=8),
}
STEP = TrainingSpec(optimizer="sgd", learning_rate=1.0, batch_size=32)  # so that a step is the gradient
IN_BFLOAT16 = STEP.model_copy(update={"precision": "mixed_bfloat16"})


def networks(model, l2: float = 0.0) -> tuple[RunSpec, keras.Model]:
    spec = spec_of(model).model_copy(update={"training": IN_BFLOAT16.model_copy(update={"l2": l2})})
    return spec, training.untrained(spec, images_of(spec))


def with_keras_policy(model: keras.Model, policy: str) -> keras.Model:
    """The same layers, made with the policy from the start as Keras's guide says, and the same weights."""
    *hidden, output = model.layers
    layers = [type(layer).from_config(layer.get_config() | {"dtype": policy}) for layer in hidden]
    copy = keras.Sequential(
        [keras.Input(model.input_shape[1:]), *layers, type(output).from_config(output.get_config())]
    )
    copy.set_weights(model.get_weights())
    copy.compile(keras.optimizers.SGD(1.0), "sparse_categorical_crossentropy", jit_compile=False)
    return copy


def flat(model: keras.Model) -> np.ndarray:
    return np.concatenate([array.ravel() for array in model.get_weights()])


def step_of(model: keras.Model, train) -> list[np.ndarray]:
    before = model.get_weights()
    train(model)
    return [old - new for old, new in zip(before, model.get_weights(), strict=True)]


def distance(ours: list[np.ndarray], theirs: list[np.ndarray]) -> float:
    """The length of the difference as a share of the length of the array, where that is the largest."""
    return max(
        float(np.linalg.norm(a - b) / max(np.linalg.norm(b), 1e-6)) for a, b in zip(ours, theirs, strict=True)
    )


@pytest.mark.parametrize("l2", [0.0, 0.01])
@pytest.mark.parametrize("engine", [TensorFlowLoop, KerasFit])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_step_is_that_of_kerass_own_policy(name, engine, l2):
    spec, model = networks(NETWORKS[name], l2)
    data = images_of(spec)
    x, y = data.x_train[:32], data.y_train[:32]
    mixed, plain = (with_keras_policy(model, policy) for policy in ("mixed_bfloat16", "float32"))
    order = np.arange(32, dtype=np.int32)
    ours = step_of(model, lambda _: engine(model, x, y, 32, precision="mixed_bfloat16").train(order))
    theirs, in_float32 = (step_of(each, lambda m: m.fit(x, y, 32, verbose=0)) for each in (mixed, plain))
    assert distance(ours, theirs) < 0.02  # bias gradients are summed in another order, with 8 binary digits
    assert distance(ours, in_float32) > 0.002, "nothing was computed in bfloat16"


@pytest.mark.parametrize("name", ["average", "no pooling", "dense"])
def test_steps_in_the_models_own_order_are_those_of_kerass_own_policy(name):
    ours, mixed, plain, start = after_steps(NETWORKS[name], seed=0)
    way = np.linalg.norm(mixed - start)
    assert np.linalg.norm(ours - mixed) < 1e-3 * way < np.linalg.norm(plain - mixed)


def test_pooling_before_the_bias_is_as_close_to_float32_as_kerass_order():
    """In bfloat16 a bias makes many values of a window equal: which of them is the largest differs."""
    ours_off, keras_off = [], []
    for seed in range(6):
        ours, mixed, plain, start = after_steps(PLAIN, seed)
        way = np.linalg.norm(plain - start)
        ours_off.append(np.linalg.norm(ours - plain) / way)
        keras_off.append(np.linalg.norm(mixed - plain) / way)
    assert np.mean(ours_off) < 1.3 * np.mean(keras_off)
    assert 0.01 < max(ours_off) < 0.3


def after_steps(network, seed: int) -> list[np.ndarray]:
    """The weights after four steps: by our engine, by Keras in mixed bfloat16 and in float32; and before."""
    rate, order = 0.05, np.arange(128, dtype=np.int32)
    spec = spec_of(network, optimizer="sgd", learning_rate=rate)
    data, generator = images_of(spec), np.random.default_rng(seed)
    model = training.untrained(spec, data)
    biased = [
        array if array.ndim > 1 else generator.normal(0, 0.1, array.shape) for array in model.get_weights()
    ]
    model.set_weights(biased)
    start = flat(model)
    mixed, plain = (with_keras_policy(model, policy) for policy in ("mixed_bfloat16", "float32"))
    engine_for(model, data.x_train, data.y_train, 32, precision="mixed_bfloat16").train(order)
    for each in (mixed, plain):
        each.optimizer.learning_rate = rate
        each.fit(data.x_train[order], data.y_train[order], 32, shuffle=False, verbose=0)
    return [flat(model), flat(mixed), flat(plain), start]


@pytest.mark.parametrize("engine", [TensorFlowLoop, KerasFit])
def test_predictions_weights_and_optimizer_are_float32(engine):
    spec, model = networks(PLAIN)
    data = images_of(spec)
    computed = engine(model, data.x_train, data.y_train, 32, precision="mixed_bfloat16")
    computed.train(np.arange(64, dtype=np.int32))
    probabilities = computed.predict(data.x_test)
    expected = np.asarray(with_keras_policy(model, "float32")(data.x_test))
    np.testing.assert_allclose(probabilities, expected, rtol=1e-5, atol=1e-6)
    assert probabilities.dtype == np.float32
    assert {v.dtype for v in model.trainable_variables} == {"float32"}
    assert {layer.dtype_policy.name for layer in model.layers} == {"float32"}


def test_the_layers_compute_in_bfloat16_in_a_step_and_only_there():
    _, model = networks(PLAIN)
    convolution, image = model.layers[0], tf.zeros((1, 28, 28, 1))
    with computing_in("mixed_bfloat16", model.layers):
        assert convolution(image).dtype == tf.bfloat16
        assert model.layers[-1].compute_dtype == "float32"
    assert convolution(image).dtype == tf.float32
    with pytest.raises(ZeroDivisionError), computing_in("mixed_bfloat16", model.layers):
        _ = 1 / 0
    assert convolution(image).dtype == tf.float32


def test_the_stored_network_is_float32_and_goes_on_to_the_weights_of_the_whole_training():
    spec = spec_of(PLAIN, epochs=2, precision="mixed_bfloat16")
    data, events = images_of(spec), []
    whole = training.fit(spec_of(PLAIN, epochs=3, precision="mixed_bfloat16"), data, lambda _: None)
    half = training.fit(spec, data, events.append)
    stored = from_keras_file(keras_file(half.model))
    assert {layer.dtype_policy.name for layer in stored.layers} == {"float32"}
    resume = of_type(EpochEnd, events)[-1].resume
    longer = spec_of(PLAIN, epochs=3, precision="mixed_bfloat16")
    continued = training.fit(longer, data, lambda _: None, checkpoint=Checkpoint(stored, resume))
    for ours, theirs in zip(continued.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_it_learns_as_well_as_in_float32():
    losses = {}
    for precision in ("float32", "mixed_bfloat16"):
        events = []
        spec = spec_of(PLAIN, images=600, epochs=5, learning_rate=0.003, precision=precision)
        training.fit(spec, images_of(spec), events.append)
        losses[precision] = [end.val_loss for end in of_type(EpochEnd, events)]
    assert losses["float32"][0] == losses["mixed_bfloat16"][0], "an untrained network is judged in float32"
    assert losses["mixed_bfloat16"][-1] < 0.8 * losses["mixed_bfloat16"][0]
    assert losses["float32"] != losses["mixed_bfloat16"]
    np.testing.assert_allclose(losses["mixed_bfloat16"], losses["float32"], rtol=0.1)


def test_a_dense_network_is_not_compiled_by_xla_in_bfloat16():
    spec, model = networks(NETWORKS["dense"])
    data = images_of(spec)
    given = model, data.x_train, data.y_train, 32
    assert type(engine_for(*given)) is XlaLoop
    assert type(engine_for(*given, precision="mixed_bfloat16")) is TensorFlowLoop
