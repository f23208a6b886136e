from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Widget

from cnnlab import runs
from cnnlab.checks import refusals
from cnnlab.spec import (
    PRESETS,
    TITLES,
    ComparisonSpec,
    ConvBlock,
    ConvNetSpec,
    TrainingSpec,
    flatten,
    sentences,
)
from cnnlab.trainer.status import TrainerStatus
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.plain_text import plain
from cnnlab.ui.sidebar.controls import CONTROLS, DEPENDENT
from tests.dashboard import opened, press, run, turned_to
from tests.own_datasets import own_dataset

START = ComparisonSpec().with_setting("data.images", 1000)  # what every data set has


def of_each_block(name: str, value: Any) -> dict[str, Any]:
    return {f"model.blocks.{index}.{name}": value for index in range(2)}


# control → the value to set, and exactly what then changes in the flattened comparison
SETTINGS: dict[str, tuple[Any, dict[str, Any]]] = {
    "filters": (24, of_each_block("filters", 24)),
    "kernel_size": (5, of_each_block("kernel_size", 5)),
    "pool_size": (3, of_each_block("pool_size", 3)),
    "pooling": ("average", of_each_block("pooling", "average")),
    "padding": ("same", of_each_block("padding", "same")),
    "batch_norm": (True, of_each_block("batch_norm", True)),
    "stride": (2, of_each_block("stride", 2)),
    "activation": ("tanh", {"model.activation": "tanh", "baseline.activation": "tanh"}),
    "dense_units": (96, {"model.dense_units": 96}),
    "second_dense_units": (32, {"model.second_dense_units": 32}),
    "dropout": (0.5, {"model.dropout": 0.5}),
    "dataset": ("mnist", {"data.dataset": "mnist"}),
    "source": ("full", {"data.source": "full"}),
    "images": (2000, {"data.images": 2000}),
    "shuffled_pixels": (True, {"data.shuffled_pixels": True}),
    "pixels": ("raw", {"data.pixels": "raw"}),
    "optimizer": ("momentum", {"training.optimizer": "momentum"}),
    "learning_rate": (0.01, {"training.learning_rate": 0.01}),
    "batch_size": (64, {"training.batch_size": 64}),
    "epochs": (3, {"training.epochs": 3}),
    "seed": (7, {"training.seed": 7}),
    "augment_shift": (0.1, {"training.augment_shift": 0.1}),
    "augment_turn": (15.0, {"training.augment_turn": 15.0}),
    "augment_zoom": (0.2, {"training.augment_zoom": 0.2}),
    "augment_flip": (True, {"training.augment_flip": True}),
    "augment_contrast": (0.5, {"training.augment_contrast": 0.5}),
    "augment_noise": (0.05, {"training.augment_noise": 0.05}),
    "schedule": ("cosine", {"training.schedule": "cosine"}),
    "warmup_share": (0.5, {"training.warmup_share": 0.5}),
    "step_factor": (0.1, {"training.step_factor": 0.1}),
    "step_epochs": (3, {"training.step_epochs": 3}),
    "stop_when": ("accuracy", {"training.stop_when": "accuracy"}),
    "stop_at": (0.9, {"training.stop_at": 0.9}),
    "patience": (3, {"training.patience": 3}),
    "l2": (0.001, {"training.l2": 0.001}),
    "precision": ("mixed_bfloat16", {"training.precision": "mixed_bfloat16"}),
    "units": (48, {"baseline.units": 48}),
    "second_units": (32, {"baseline.second_units": 32}),
    # The lab network has 243,786 parameters; u units have 795·u + 10, so 306.6 units would match.
    "match_parameters": (True, {"baseline.units": 307}),
    # It takes 389,376 + 4,460,544 + 204,800 + 1,280 multiply-adds; u units take 794·u.
    "match_macs": (True, {"baseline.units": 6368}),
}
# control → the control that makes it count, and at which value
NEEDS = {
    "warmup_share": ("schedule", "one-cycle"),
    "step_factor": ("schedule", "step"),
    "step_epochs": ("schedule", "step"),
    "stop_at": ("stop_when", "accuracy"),
}
BLOCK_SETTINGS = [name for name in SETTINGS if name in ConvBlock.model_fields]
WITHOUT_CONTROL = {"data.validation_fraction", "model.kind", "baseline.kind"}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The dashboard with a trainer that is ready and a store without runs, at `START`."""
    monkeypatch.setattr(trainer(), "status", lambda: TrainerStatus("ready", ("CPU", "CPU")))
    monkeypatch.setattr(runs, "recent", lambda limit, role=None: [])
    monkeypatch.setattr(runs, "active", lambda: [])
    yield opened(images=START.data.images)


def control(app: AppTest, key: str) -> Widget:
    return next(node for node in app.sidebar if isinstance(node, Widget) and node.key == key)


def set_to(app: AppTest, key: str, value: Any) -> None:
    control(app, key).set_value(value)
    run(app)


def comparison(app: AppTest) -> ComparisonSpec | None:
    return app.session_state["cnnlab"].comparison


def settings(app: AppTest) -> dict[str, Any]:
    return flatten(comparison(app))


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What is new or different, and None for what is gone."""
    paths = before.keys() | after.keys()
    return {path: after.get(path) for path in paths if before.get(path) != after.get(path)}


def shown_problems(app: AppTest) -> list[str]:
    return [error.value for error in app.sidebar.error]


def assert_refused(app: AppTest, expected: list[str]) -> None:
    """The sidebar and the pages say exactly the expected sentences, and Train cannot be pressed."""
    assert expected
    assert shown_problems(app) == expected
    assert [error.value for error in app.main.error] == expected
    assert app.button(key="train").disabled


def sentences_of(path: str, value: Any) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        ComparisonSpec().with_setting(path, value)
    return sentences(refused.value)


def test_the_defaults_are_the_lab_preset():
    assert comparison(opened()) == PRESETS["lab"]


@pytest.mark.parametrize("key", SETTINGS)
def test_each_control_changes_exactly_its_setting(app, key):
    value, expected = SETTINGS[key]
    if key in NEEDS:
        set_to(app, *NEEDS[key])
    before = settings(app)
    set_to(app, key, value)
    assert changes(before, settings(app)) == expected


def test_every_setting_has_a_control():
    reached = {path for _, changed in SETTINGS.values() for path in changed}
    assert flatten(ComparisonSpec()).keys() - reached == WITHOUT_CONTROL


@pytest.mark.parametrize("key", [key for key in SETTINGS if not key.startswith("match_")])
def test_each_control_is_labelled_by_its_settings_title(app, key):
    if key in NEEDS:
        set_to(app, *NEEDS[key])
    assert control(app, key).label == TITLES[key]


@pytest.mark.parametrize("key", NEEDS)
def test_a_control_that_does_not_count_is_not_drawn_and_has_no_effect(app, key):
    value, _ = SETTINGS[key]
    set_to(app, *NEEDS[key])
    set_to(app, key, value)
    other, _ = NEEDS[key]
    set_to(app, other, CONTROLS[other].default)
    assert key not in {node.key for node in app.sidebar if isinstance(node, Widget)}
    assert comparison(app) == START


def test_the_value_to_stop_at_suits_what_is_watched(app):
    set_to(app, "stop_when", "loss")
    assert comparison(app).training.stop_at == 0.1
    set_to(app, "stop_when", "val_accuracy")
    assert comparison(app).training.stop_at == 0.99


@pytest.mark.parametrize("number", [1, 3, 4])
def test_the_number_of_blocks_adds_or_removes_whole_blocks(app, number):
    set_to(app, "blocks", number)
    assert comparison(app).model.blocks == (ConvBlock(),) * number


@pytest.mark.parametrize("key", [*SETTINGS, "blocks", "same_blocks"])
def test_the_address_holds_each_control(app, key):
    if key in NEEDS:
        set_to(app, *NEEDS[key])
    value = {"blocks": 3, "same_blocks": False}.get(key, SETTINGS.get(key, [None])[0])
    set_to(app, key, value)
    again = opened(**app.query_params)
    assert comparison(again) == comparison(app)
    assert control(again, key).value == value


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_sets_networks_and_training_and_leaves_data_and_seed(app, name):
    switches = ("match_parameters", "match_macs")
    for key in ("filters", "batch_norm", "blocks", "activation", "dropout", "units", *switches):
        set_to(app, key, SETTINGS.get(key, [3])[0])
    always_there = [key for key in TrainingSpec.model_fields if key not in DEPENDENT]
    for key in ("dataset", "images", *always_there):
        set_to(app, key, SETTINGS[key][0])
    data = comparison(app).data
    press(app, f"preset_{name}")
    found, preset = comparison(app), PRESETS[name]
    assert (found.model, found.baseline, found.data) == (preset.model, preset.baseline, data)
    assert found.training == preset.training.model_copy(update={"seed": 7})


def test_a_preset_of_unlike_blocks_shows_them_one_by_one(app):
    press(app, "preset_small")
    assert not control(app, "same_blocks").value
    assert [control(app, f"filters_{number}").value for number in (1, 2)] == [8, 16]


def test_blocks_that_part_begin_with_what_all_had(app):
    for key in BLOCK_SETTINGS:
        set_to(app, key, SETTINGS[key][0])
    before = settings(app)
    set_to(app, "same_blocks", False)
    assert settings(app) == before
    set_to(app, "blocks", 3)
    assert comparison(app).model.blocks == (comparison(app).model.blocks[0],) * 3


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("name", BLOCK_SETTINGS)
def test_a_blocks_own_control_changes_this_block_alone(app, name, number):
    set_to(app, "same_blocks", False)
    value, before = SETTINGS[name][0], settings(app)
    set_to(app, f"{name}_{number}", value)
    assert changes(before, settings(app)) == {f"model.blocks.{number - 1}.{name}": value}


def test_blocks_that_join_take_what_the_first_had(app):
    set_to(app, "same_blocks", False)
    for key in BLOCK_SETTINGS:
        set_to(app, f"{key}_1", SETTINGS[key][0])
    set_to(app, "filters_2", 200)
    first = comparison(app).model.blocks[0]
    set_to(app, "same_blocks", True)
    assert comparison(app).model.blocks == (first, first)


def test_a_block_that_was_taken_away_comes_back_as_it_was(app):
    set_to(app, "same_blocks", False)
    set_to(app, "filters_2", 8)
    before = settings(app)
    set_to(app, "blocks", 1)
    set_to(app, "blocks", 2)
    assert settings(app) == before


def test_the_pool_size_can_be_set_only_where_there_is_pooling(app):
    assert not control(app, "pool_size").disabled
    set_to(app, "pooling", "none")
    assert control(app, "pool_size").disabled


@pytest.mark.parametrize("match", ["match_parameters", "match_macs"])
def test_the_units_can_be_typed_only_where_they_are_not_matched(app, match):
    assert not control(app, "units").disabled
    set_to(app, match, True)
    assert control(app, "units").disabled


def test_units_that_match_the_one_no_longer_match_the_other(app):
    set_to(app, "match_parameters", True)
    set_to(app, "match_macs", True)
    assert not control(app, "match_parameters").value
    assert comparison(app).baseline.units == SETTINGS["match_macs"][1]["baseline.units"]
    set_to(app, "match_parameters", True)
    assert not control(app, "match_macs").value
    assert comparison(app).baseline.units == SETTINGS["match_parameters"][1]["baseline.units"]


def test_matched_units_follow_the_network(app):
    set_to(app, "match_parameters", True)
    set_to(app, "filters", 8)  # 80 + 584 + 25,728 + 1,290 = 27,682 parameters: 34.8 units
    assert comparison(app).baseline.units == 35


def test_matched_units_allow_for_a_second_layer_of_the_baseline(app):
    set_to(app, "match_parameters", True)
    set_to(app, "second_units", 32)  # u units have 785·u + 32·(u + 1) + 330 parameters: 298.0 units
    assert comparison(app).baseline.units == 298


@pytest.mark.parametrize(
    "key, path, value",
    [
        ("learning_rate", "training.learning_rate", 0.0),
        ("learning_rate", "training.learning_rate", 11.0),
        ("images", "data.images", 0),
        ("images", "data.images", -5),
        ("dense_units", "model.dense_units", 5000),
        ("units", "baseline.units", 0),
        ("epochs", "training.epochs", 0),
        ("l2", "training.l2", 1.5),
        ("seed", "training.seed", -1),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_the_sentence_of_the_spec(app, key, path, value):
    set_to(app, key, value)
    assert_refused(app, sentences_of(path, value))


def test_the_sentence_names_the_rule_what_was_received_and_the_control(app):
    set_to(app, "images", 0)
    rule = "Training images must be a whole number of at least 10, not 0: change 'Training images'."
    assert shown_problems(app) == [rule]


@pytest.mark.parametrize(
    "key, value, rule",
    [
        ("learning_rate", "nan", "Learning rate must be a number above 0 and at most 10"),
        ("learning_rate", "inf", "Learning rate must be a number above 0 and at most 10"),
        ("learning_rate", "0", "Learning rate must be a number above 0 and at most 10"),
        ("images", "0", "Training images must be a whole number of at least 10"),
        ("filters", "many", "Filters must be a whole number from 1 to 512"),
        ("blocks", "5", "Convolution blocks must be 1 to 4 in number"),
    ],
)
def test_what_the_address_asks_in_vain_is_told_and_the_default_stands(app, key, value, rule):
    asked = opened(**{key: value})
    assert [note.value for note in asked.sidebar.warning] == [
        plain(f"'{key}={value}' in the address was ignored: {rule}.")
    ]
    assert comparison(asked) == PRESETS["lab"]
    press(asked, "dismiss_notes")
    assert not asked.sidebar.warning


def test_an_unknown_data_set_in_the_address_is_refused_with_the_sentence_of_the_checks(app):
    expected = refusals(ComparisonSpec().with_setting("data.dataset", "cifar"))
    assert_refused(opened(dataset="cifar"), expected)


def test_several_refused_values_have_a_sentence_each(app):
    set_to(app, "images", 0)
    set_to(app, "epochs", 0)
    assert_refused(app, sentences_of("data.images", 0) + sentences_of("training.epochs", 0))


def test_more_images_than_there_are_are_refused_with_the_sentence_of_the_checks(app):
    set_to(app, "images", 20_000)
    expected = refusals(ComparisonSpec().with_setting("data.images", 20_000))
    assert "10,000" in expected[0]
    assert_refused(app, expected)


def test_an_absurd_network_is_refused_with_the_sentence_of_the_checks(app):
    absurd = {"blocks": 1, "filters": 256, "padding": "same", "pooling": "none", "dense_units": 4096}
    for key, value in absurd.items():
        set_to(app, key, value)
    block = ConvBlock(filters=256, padding="same", pooling="none")
    expected = refusals(ComparisonSpec(model=ConvNetSpec(blocks=(block,), dense_units=4096)))
    assert "822,1" in expected[0]  # 28·28·256·4096 weights, and some
    assert_refused(app, expected)


def test_an_impossible_network_is_refused_though_its_baseline_is_to_match(app):
    set_to(app, "match_parameters", True)
    set_to(app, "blocks", 4)
    expected = refusals(ComparisonSpec(model=ConvNetSpec(blocks=(ConvBlock(),) * 4)))
    assert_refused(app, expected)


def test_what_is_mended_can_be_trained(app):
    set_to(app, "learning_rate", 0.0)
    set_to(app, "learning_rate", 0.01)
    assert shown_problems(app) == []
    assert comparison(app).training == TrainingSpec(learning_rate=0.01)
    turned_to(app, "lab")
    assert not app.button(key="train").disabled


def test_a_smaller_data_set_lowers_the_images_to_what_it_has(app):
    set_to(app, "images", 10_000)
    set_to(app, "dataset", "mnist")
    assert comparison(app).data.images == 4000
    set_to(app, "source", "full")
    set_to(app, "images", 50_000)
    set_to(app, "source", "sample")
    assert comparison(app).data.images == 4000
    assert shown_problems(app) == []


def test_a_data_set_without_a_choice_of_sizes_has_no_such_control(app):
    with own_dataset(train=60) as dataset:
        run(app)  # its sidebar was drawn before there was this data set
        set_to(app, "dataset", dataset)
        assert (comparison(app).data.source, comparison(app).data.images) == ("full", 60)
        assert "source" not in [widget.key for widget in app.sidebar.get("button_group")]
        set_to(app, "dataset", "fashion-mnist")
        assert comparison(app).data.dataset == "fashion-mnist"


def test_an_address_of_such_a_data_set_needs_no_source():
    with own_dataset(train=60) as dataset:
        app = opened("lab", dataset=dataset)
        assert (comparison(app).data.source, comparison(app).data.images) == ("full", 60)


def test_the_settings_are_the_same_on_every_page(app):
    set_to(app, "filters", 24)
    before = comparison(app)
    for page in ("compare", "inside", "lab", "studies"):
        turned_to(app, page)
        assert comparison(app) == before


def exact_field(app: AppTest, number: int = 1) -> Widget:
    """The field for any number of filters, of all blocks or of one."""
    return [each for each in app.number_input if each.label == "Filters, any number"][number - 1]


def test_the_filters_have_useful_steps_and_a_field_for_any_other_number():
    app = opened(filters=12)
    steps = ["1", "2", "4", "8", "12", "16", "24", "32", "48", "64", "96", "128", "192", "256", "384", "512"]
    assert app.select_slider(key="filters").options == steps
    exact_field(app).set_value(37)
    run(app)
    assert app.select_slider(key="filters").value == 37 and exact_field(app).value is None
    app.select_slider(key="filters").set_value(48)
    run(app)
    assert app.select_slider(key="filters").value == 48
    exact_field(app).set_value(37)
    run(app)
    assert [block.filters for block in comparison(app).model.blocks] == [37, 37]


def test_each_block_has_a_field_for_the_number_of_its_filters():
    app = opened(same_blocks="false")
    exact_field(app, number=2).set_value(5)
    run(app)
    assert [block.filters for block in comparison(app).model.blocks] == [64, 5]


WHOLE = {
    "blocks": "3",
    "padding": "same",
    "match_macs": "true",
    "dataset": "mnist",
    "epochs": "3",
    "seed": "7",
}
APART = {"same_blocks": "false", "pooling_2": "min", "filters_1": "8", "match_parameters": "true"}
REFUSED = {"kernel_size": "11", "pool_size": "8", "match_macs": "true"}


@pytest.mark.parametrize("address", [{}, WHOLE, APART, REFUSED])
def test_pages_without_the_controls_know_and_keep_the_same_settings(address):
    app = opened(**address)
    with_controls = app.session_state["cnnlab"]
    assert app.sidebar.slider
    turned_to(app, "runs")
    assert not app.sidebar.slider and app.session_state["cnnlab"] == with_controls
    run(run(app))  # Streamlit would drop the state of controls that are not drawn
    turned_to(app, "lab")
    assert app.session_state["cnnlab"] == with_controls
    assert opened(**address).session_state["cnnlab"] == with_controls


ELSEWHERE = {"dataset": "mnist", "source": "full", "learning_rate": 0.2, "dropout": 0.3, "filters": 7}


@pytest.mark.parametrize("address", [{}, ELSEWHERE, {"same_blocks": "false", "pooling_2": "min"}])
def test_every_control_has_its_value_as_its_default(address):
    """A browser that is busy may draw a control from its default, and would send that back."""
    app = opened(**address)
    widgets = [node for node in app.sidebar if isinstance(node, Widget) and node.key in CONTROLS]
    assert len(widgets) > 15
    for widget in widgets:
        proto, value = widget.proto, app.session_state[widget.key]
        if widget.type == "selectbox":
            assert widget.options[proto.default] == widget.format_func(value), widget.key
        elif widget.type == "button_group":
            assert [widget.options[index] for index in proto.default] == [value]
        elif widget.type == "select_slider":
            assert widget.options[int(proto.default[0])] == str(value)
        else:
            default = proto.default[0] if widget.type == "slider" else proto.default
            assert default == value, widget.key
