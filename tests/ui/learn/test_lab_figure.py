"""The figure of the course's lab, on a real small run, held to Keras."""

import keras
import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.data.registry import DATASETS, load
from cnnlab.errors import TrainerUnavailable
from cnnlab.spec import PRESETS
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.learn import lab_figure
from cnnlab.worker import answers, train
from tests.dashboard import answer_here, run

SMALL = PRESETS["small"].with_setting("data.images", 300).with_setting("training.epochs", 1)
LAYERS = ["conv_1", "pool_1", "conv_2", "pool_2"]


@pytest.fixture(scope="module")
def model() -> runs.Run:
    run_id = runs.create("model", "in the lab", SMALL.runs()["model"])
    train.train(run_id)
    return runs.get(run_id)


@pytest.fixture(autouse=True)
def answered(monkeypatch: pytest.MonkeyPatch) -> None:
    st.cache_data.clear()
    answer_here(monkeypatch)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list:
    """What was drawn of maps: name, values and limit."""
    given: list = []
    draw = lab_figure.map_picture
    monkeypatch.setattr(lab_figure, "map_picture", lambda *each: given.append(each) or draw(*each))
    return given


def figure(run_id: str, epoch: int = 1) -> AppTest:
    return run(AppTest.from_function(_figure, args=(run_id, epoch), default_timeout=30))


def _figure(run_id: str, epoch: int) -> None:
    from cnnlab import runs
    from cnnlab.ui.learn import lab_figure

    lab_figure.render(runs.get(run_id), epoch)


def set_number(app: AppTest, key: str, value: int) -> None:
    app.number_input(key=key).set_value(value)
    run(app)


def html(app: AppTest) -> str:
    [table] = [each.proto.body for each in app.main.get("html")]
    return table


def by_keras(run_id: str, epoch: int, numbers: list[int], index: int) -> list[np.ndarray]:
    """The maps of these test images, counted from 0, by a Keras model of the four layers: row by row."""
    network = answers.network(run_id, epoch)
    outputs = keras.Model(network.inputs[0], [network.get_layer(name).output for name in LAYERS])
    images = load("fashion-mnist", "sample").x_test[numbers].astype(np.float32) / 255
    by_layer = [np.asarray(maps)[..., index] for maps in outputs(images)]
    return [maps[row] for row in range(len(numbers)) for maps in by_layer]


def check(drawn: list, maps: list[np.ndarray]) -> None:
    for (_, values, _), right in zip(drawn, maps, strict=True):
        np.testing.assert_allclose(values, right, rtol=1e-4, atol=1e-5)


def test_the_figure_begins_with_the_images_and_the_filter_of_the_notebook(model, drawn):
    app = figure(model.run_id)
    assert [each.value for each in app.number_input] == [1, 8, 27, 2]
    check(drawn, by_keras(model.run_id, 1, [0, 7, 26], 1))


def test_other_images_and_another_filter_are_those_that_are_chosen(model, drawn):
    app = figure(model.run_id, 0)
    set_number(app, "lab_figure_image_second_of_2000", 2000)
    drawn.clear()
    set_number(app, "lab_figure_filter_of_8", 5)
    check(drawn, by_keras(model.run_id, 0, [0, 1999, 26], 4))
    assert "filter 5 of each layer" in html(app)


def test_the_three_maps_of_a_layer_share_a_scale_that_its_heading_names(model, drawn):
    app = figure(model.run_id)
    maps = by_keras(model.run_id, 1, [0, 7, 26], 1)
    for place, layer in enumerate(LAYERS):
        of_layer = drawn[place::4]
        largest = max(np.abs(each).max() for each in maps[place::4])
        assert {name.split(",")[0] for name, *_ in of_layer} == {layer}
        np.testing.assert_allclose([limit for *_, limit in of_layer], largest, rtol=1e-4)
        assert f"scale ±{largest:.2f}" in html(app)


def test_layers_are_named_with_their_shapes_and_images_with_their_classes(model):
    table = html(figure(model.run_id))
    for heading, shape in zip(
        ["Image", *LAYERS], ["28×28×1", "26×26×8", "13×13×8", "11×11×16", "5×5×16"], strict=True
    ):
        assert f"<strong>{heading}</strong><span>{shape}</span>" in table
    labels = load("fashion-mnist", "sample").y_test
    for number in (0, 7, 26):
        assert f"Test image {number + 1}: {DATASETS['fashion-mnist'].classes[labels[number]]}" in table
    assert table.count("<img ") == 15 == table.count(' alt="')
    assert 'alt="conv_2, map 2 of Test image 8' in table


def test_the_filter_is_one_that_every_block_has(model):
    app = figure(model.run_id)
    inputs = {each.label: each for each in app.number_input}
    assert inputs["Filter"].max == 8  # of 8 and 16
    assert inputs["First image"].max == 2000 and "1 to 2,000" in inputs["First image"].help


def test_a_network_of_one_filter_and_no_pooling_shows_its_convolutions(drawn):
    spec = SMALL.with_setting("model.blocks.0.filters", 1)
    for block in (0, 1):
        spec = spec.with_setting(f"model.blocks.{block}.pooling", "none")
    run_id = runs.create("model", "without pooling", spec.runs()["model"])
    train.train(run_id)
    table = html(figure(run_id))
    assert [name.split(",")[0] for name, *_ in drawn] == ["conv_1", "conv_2"] * 3
    assert "pool_1" not in table and "filter 1 of each layer" in table


def test_without_a_trainer_the_figure_says_so(model, monkeypatch):
    def nobody(*arguments: object) -> None:
        raise TrainerUnavailable("There is no trainer.")

    monkeypatch.setattr(trainer().questions, "ask", nobody)
    app = figure(model.run_id)
    assert [warning.value for warning in app.warning] == ["There is no trainer."]


def test_every_key_of_its_controls_begins_with_its_name(model):
    keys = [each.key for each in figure(model.run_id).number_input]
    assert len(keys) == 4 and all(key.startswith("lab_figure_") for key in keys)
