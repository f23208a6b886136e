import ast

import keras
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cnnlab.arithmetic.network import check, layer_rows
from cnnlab.arithmetic.plan import Layer, arguments, model_name, plan
from cnnlab.export import source
from cnnlab.models.build import build
from cnnlab.spec import POOLINGS, PRESETS, DenseSpec
from tests.networks import KERAS_IS_SLOW, LAB, cnn, networks, square_shapes

BLOCKS = [{"batch_norm": True}, {"pooling": "none"}, {}]


@pytest.mark.parametrize(
    ("network", "drawing"),
    [
        (DenseSpec(), ["dense", "output"]),
        (DenseSpec(second_units=4), ["dense", "dense_2", "output"]),
        (cnn({}, second_dense_units=4, dropout=0.2), ["conv_1", "dense", "dense_2", "dropout", "output"]),
        (cnn({}), ["conv_1", "dense", "output"]),
        (cnn(*BLOCKS, dropout=0.2), ["conv_1", "conv_2", "conv_3", "dense", "dropout", "output"]),
    ],
)
def test_every_layer_that_draws_has_a_seed_drawn_from_the_runs_in_the_order_of_the_layers(network, drawing):
    generator = np.random.default_rng(7)
    drawn = [int(generator.integers(2**31 - 1)) for _ in drawing]
    seeds = [(layer.name, layer.seed) for layer in plan(network, 10, seed=7) if layer.seed is not None]
    assert seeds == list(zip(drawing, drawn, strict=True))


def test_without_a_seed_the_layers_are_the_same_and_none_has_one():
    network = cnn(*BLOCKS, dropout=0.2)
    unseeded = plan(network, 10)
    assert all(layer.seed is None for layer in unseeded)
    assert [(layer.name, arguments(layer)) for layer in unseeded] == [
        (layer.name, arguments(layer)) for layer in plan(network, 10, seed=1)
    ]


def test_layers_know_their_block_up_to_flatten():
    blocks = [(layer.name, layer.block) for layer in plan(cnn(*BLOCKS), 10)]
    assert blocks == [
        ("conv_1", 0),
        ("norm_1", 0),
        ("activation_1", 0),
        ("pool_1", 0),
        ("conv_2", 1),
        ("conv_3", 2),
        ("pool_3", 2),
        ("flatten", None),
        ("dense", None),
        ("output", None),
    ]


# The table, the model and the source against the plan


POSITIONAL = {
    "Conv2D": ["filters", "kernel_size"],
    "BatchNormalization": [],
    "Activation": ["activation"],
    **{choice.layer: ["pool_size"] for choice in POOLINGS.values()},
    "Flatten": [],
    "Dense": ["units"],
    "Dropout": ["rate"],
}


def seed_of(layer: keras.Layer) -> int | None:
    initializer = getattr(layer, "kernel_initializer", None)
    return initializer.seed if initializer else getattr(layer, "seed", None)


def assert_built_as_planned(layer: keras.Layer, planned: Layer) -> None:
    config = layer.get_config()
    positional, options = arguments(planned)
    for name, value in [*zip(POSITIONAL[planned.type], positional, strict=True), *options.items()]:
        assert config[name] in (value, (value, value))
    assert (layer.name, type(layer).__name__, seed_of(layer)) == (planned.name, planned.type, planned.seed)


def calls_in(text: str) -> list[tuple[str, list, dict]]:
    """The layers in the source of a network: type, positional arguments, keyword arguments."""
    statement = ast.parse(text).body[-1]
    [layers] = statement.value.args
    found = []
    for call in layers.elts[1:]:
        keywords = {keyword.arg: keyword.value for keyword in call.keywords}
        initializer = keywords.pop("kernel_initializer", None)
        values = {name: ast.literal_eval(value) for name, value in keywords.items()}
        if initializer:
            values["seed"] = ast.literal_eval(initializer.keywords[0].value)
        found.append((ast.unparse(call.func), [ast.literal_eval(value) for value in call.args], values))
    return found


def call_of(planned: Layer) -> tuple[str, list, dict]:
    own = planned.type == "MinPooling2D"
    positional, options = arguments(planned)
    seed = {} if planned.seed is None else {"seed": planned.seed}
    function = planned.type if own else f"keras.layers.{planned.type}"
    return function, list(positional), {**options, **seed, "name": planned.name}


@settings(max_examples=60, **KERAS_IS_SLOW)
@given(networks, square_shapes, st.integers(2, 12), st.integers(0, 2**31 - 1))
@example(PRESETS["deep"].model, (28, 28, 1), 10, 0)
@example(LAB.baseline, (28, 28, 1), 10, 0)
def test_table_model_and_source_have_the_layers_of_the_plan(spec, shape, classes, seed):
    assume(not check(spec, shape, classes))
    layers = plan(spec, classes, seed)
    rows = layer_rows(spec, shape, classes)
    assert [(row.name, row.type) for row in rows] == [(layer.name, layer.type) for layer in layers]
    model = build(spec, shape, classes, seed)
    assert model.name == model_name(spec)
    for layer, planned in zip(model.layers, layers, strict=True):
        assert_built_as_planned(layer, planned)
    assert calls_in(source.network(spec, shape, classes, seed)) == [call_of(layer) for layer in layers]
