"""A program for one Keras backend, the one of KERAS_BACKEND: trains with cnnlab and with Keras's own `fit`.

`tests/models/test_other_backends.py` runs it; it fails where the two differ.
"""

import os

import keras
import numpy as np

from cnnlab.data.augmentation import Augmentation, random_numbers
from cnnlab.data.sampling import epoch_order
from cnnlab.data.split import Split
from cnnlab.models import inspection, training
from cnnlab.models.build import build
from cnnlab.models.events import Checkpoint, EpochEnd, Event
from cnnlab.models.portable import portable
from cnnlab.spec import ConvBlock, ConvNetSpec, DenseSpec, RunSpec, TrainingSpec
from cnnlab.worker import device

SHAPE, CLASSES, EPOCHS = (10, 9, 1), 10, 2
GENERATOR = np.random.default_rng(0)


def images(count: int) -> tuple[np.ndarray, np.ndarray]:
    return GENERATOR.random((count, *SHAPE), dtype=np.float32), np.arange(count) % CLASSES


DATA = Split(*images(50), *images(12), *images(12))  # an uneven last batch
NORMED = ConvBlock(filters=3, pooling="min", padding="same", batch_norm=True)
AUGMENTED = {"augment_turn": 20.0, "augment_shift": 0.1, "augment_noise": 0.05}
NETWORKS = (ConvNetSpec(blocks=(NORMED, ConvBlock(filters=2)), dense_units=6), DenseSpec(units=7))


def spec_of(network: ConvNetSpec | DenseSpec, epochs: int = EPOCHS) -> RunSpec:
    settings = AUGMENTED if isinstance(network, DenseSpec) else {}
    training = TrainingSpec(epochs=epochs, batch_size=16, seed=1, l2=0.001, **settings)
    return RunSpec(model=network, training=training)


def by_keras(spec: RunSpec) -> tuple[keras.Model, list[float]]:
    network = build(spec.model, SHAPE, CLASSES, spec.training.seed, spec.training.l2)
    model = training.compile_model(network, spec.training)
    losses = []
    for epoch in range(1, EPOCHS + 1):
        order = epoch_order(len(DATA.y_train), spec.training.seed, epoch)
        x, augmentation = DATA.x_train[order], Augmentation.of(spec)
        if augmentation:
            x = augmentation.apply(x, random_numbers(len(x), spec.training.seed, epoch)[order])
        model.fit(x, DATA.y_train[order], batch_size=16, shuffle=False, verbose=0)
        tested = model.evaluate(DATA.x_validation, DATA.y_validation, verbose=0, return_dict=True)
        losses.append(tested["sparse_categorical_crossentropy"])
    return model, losses


for network in NETWORKS:
    events: list[Event] = []
    outcome = training.fit(spec_of(network), DATA, events.append)
    expected, losses = by_keras(spec_of(network))
    for ours, theirs in zip(outcome.model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)
    ends = [event for event in events if isinstance(event, EpochEnd) and event.epoch]
    np.testing.assert_allclose([end.val_loss for end in ends], losses, rtol=1e-3)
    np.testing.assert_allclose(
        outcome.test_probabilities, expected.predict(DATA.x_test, verbose=0), rtol=1e-3, atol=1e-5
    )

    resume = ends[-1].resume
    assert resume
    checkpoint = Checkpoint(portable(outcome.model), resume)
    longer = spec_of(network, EPOCHS + 1)
    continued = training.fit(longer, DATA, lambda _: None, checkpoint=checkpoint)
    whole = training.fit(longer, DATA, lambda _: None)
    for ours, theirs in zip(continued.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)

    outputs = inspection.layer_outputs(whole.model, DATA.x_test[0])
    np.testing.assert_allclose(outputs["output"].sum(), 1, rtol=1e-5)
    saliency = inspection.saliency(whole.model, DATA.x_test[0], 3)
    assert np.isfinite(saliency.gradient).all() and saliency.gradient.any()

mixed = spec_of(NETWORKS[0])
mixed = mixed.model_copy(
    update={"training": mixed.training.model_copy(update={"precision": "mixed_bfloat16"})}
)
in_bfloat16, in_float32 = (training.fit(spec, DATA, lambda _: None) for spec in (mixed, spec_of(NETWORKS[0])))
assert {layer.dtype_policy.name for layer in in_bfloat16.model.layers} == {"float32"}
far = [
    np.abs(ours - theirs).max()
    for ours, theirs in zip(in_bfloat16.model.get_weights(), in_float32.model.get_weights(), strict=True)
]
assert 1e-4 < max(far) < 0.1, far
np.testing.assert_allclose(
    in_bfloat16.test_probabilities, in_bfloat16.model.predict(DATA.x_test, verbose=0), rtol=1e-5, atol=1e-6
)

scheduled = RunSpec(
    model=NETWORKS[1],
    training=TrainingSpec(epochs=3, batch_size=16, seed=1, schedule="cosine", learning_rate=0.01),
)
expected = build(scheduled.model, SHAPE, CLASSES, scheduled.training.seed)
expected.compile(
    keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, 3 * 4)),
    "sparse_categorical_crossentropy",
)
for epoch in (1, 2, 3):
    order = epoch_order(len(DATA.y_train), scheduled.training.seed, epoch)
    expected.fit(DATA.x_train[order], DATA.y_train[order], batch_size=16, shuffle=False, verbose=0)
model = training.fit(scheduled, DATA, lambda _: None).model
for ours, theirs in zip(model.get_weights(), expected.get_weights(), strict=True):
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)

cnn = training.fit(spec_of(NETWORKS[0]), DATA, lambda _: None).model
found = inspection.top_activations(cnn, DATA.x_test, "conv_1")
parts = inspection.convolution_parts(cnn, DATA.x_test[0], "conv_2")
preferred = inspection.maximize_activation(cnn, "conv_1", [0, 2])
assert all(np.isfinite(array).all() for array in (found.strongest, parts.output, preferred))
predicted = inspection.predict(cnn, DATA.x_test)
for mute in (inspection.with_maps_at_zero, inspection.with_weights_at_zero):
    assert not np.allclose(inspection.predict(mute(cnn, "conv_2", [0, 1]), DATA.x_test), predicted)

assert keras.backend.backend() == os.environ["KERAS_BACKEND"]
assert device.name() and device.describe().used_bytes > 0
print("the same")
