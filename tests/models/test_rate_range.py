import keras
import numpy as np
import pytest

from cnnlab.errors import SettingsRefused
from cnnlab.evidence.rate_range import HIGHEST, LOWEST, STEPS, exploded, suggestion
from cnnlab.models import training
from cnnlab.models.build import build
from cnnlab.models.rate_range import rate_range
from cnnlab.spec import ConvBlock, ConvNetSpec, DataSpec, DenseSpec, RunSpec
from cnnlab.worker.rate_range import try_rates
from tests.small_trainings import images_of, spec_of

SMALL = ConvNetSpec(blocks=(ConvBlock(filters=4),), dense_units=16)


def test_the_losses_are_those_of_keras_own_steps_at_these_rates():
    spec = spec_of(SMALL, optimizer="sgd")
    data = images_of(spec)
    tried = rate_range(spec, data)
    model = training.compile_model(build(SMALL, (28, 28, 1), 10, spec.training.seed), spec.training)
    order = np.concatenate([training.epoch_order(180, spec.training.seed, epoch) for epoch in range(1, 12)])
    losses = []
    for step in range(60):
        model.optimizer.learning_rate = tried.rates[step]
        batch = order[step * 32 : (step + 1) * 32]
        losses.append(model.train_on_batch(data.x_train[batch], data.y_train[batch])[0])
        model.reset_metrics()
    np.testing.assert_allclose(tried.losses[:60], losses, rtol=1e-3)


@pytest.mark.parametrize("network", [SMALL, DenseSpec(units=16)], ids=["cnn", "dense"])
def test_a_test_rises_to_the_highest_rate_or_ends_with_the_step_that_exploded(network):
    spec = spec_of(network, images=500)
    tried = rate_range(spec, images_of(spec))
    assert len(tried.rates) == len(tried.losses) <= STEPS
    assert tried.rates[0] == LOWEST and (tried.rates[-1] == HIGHEST or exploded(tried.losses))
    assert not any(exploded(tried.losses[:end]) for end in range(1, len(tried.losses)))
    assert 1e-5 < suggestion(tried) < 0.1


def test_the_test_is_the_same_each_time_whatever_rate_and_schedule_are_set():
    spec = spec_of(SMALL)
    first = rate_range(spec, images_of(spec))
    other = spec_of(SMALL, learning_rate=0.5, schedule="cosine", epochs=9, patience=3)
    np.testing.assert_array_equal(first.losses, rate_range(other, images_of(other)).losses)


def test_a_suggested_rate_trains():
    spec = spec_of(SMALL, images=500, epochs=3)
    rate = suggestion(rate_range(spec, images_of(spec)))
    trained = spec_of(SMALL, images=500, epochs=3, learning_rate=rate)
    assert training.fit(trained, images_of(trained), lambda event: None).metrics["test_accuracy"] > 0.4


def test_a_worker_refuses_what_cannot_be_trained_and_tries_what_can():
    with pytest.raises(SettingsRefused, match="'Training images'"):
        try_rates(RunSpec(data=DataSpec(images=20_000), model=SMALL))
    spec = spec_of(SMALL)
    tried = try_rates(spec)
    assert keras.backend.backend() and len(tried.losses) > 10
