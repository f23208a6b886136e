"""The tables of what the choices mean, against the choices themselves and against Keras."""

from typing import get_args

import keras
import pytest

from cnnlab.models.layers import MinPooling2D
from cnnlab.spec import OPTIMIZERS, POOLINGS, Optimizer, Pooling


def test_every_optimizer_of_the_settings_has_its_class_in_keras_and_a_title_of_its_own():
    assert tuple(OPTIMIZERS) == get_args(Optimizer)
    assert len({choice.title for choice in OPTIMIZERS.values()}) == len(OPTIMIZERS)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizers_class_takes_the_learning_rate_and_the_listed_arguments(name):
    _, keras_class, arguments = OPTIMIZERS[name]
    config = getattr(keras.optimizers, keras_class)(learning_rate=0.25, **arguments).get_config()
    assert {key: config[key] for key in arguments} == arguments
    assert config["learning_rate"] == 0.25


def test_every_pooling_of_the_settings_but_none_has_its_layer_in_keras_or_in_cnnlab():
    assert (*POOLINGS, "none") == get_args(Pooling)
    for choice in POOLINGS.values():
        assert hasattr(keras.layers, choice.layer) or choice.layer == MinPooling2D.__name__
