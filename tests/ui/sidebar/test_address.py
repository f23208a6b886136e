"""The page's address, from both sides: what it asks for, and what it says of the controls."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.spec import PRESETS, ComparisonSpec
from cnnlab.ui.sidebar.controls import BLOCK_SETTINGS, CONTROLS, in_use
from tests.dashboard import opened, press, run, turned_to

VERSION = {"v": "1"}
OF_A_BLOCK = {
    "filters": "24",
    "kernel_size": "2",
    "pool_size": "3",
    "pooling": "average",
    "padding": "same",
    "batch_norm": "true",
}
OF_ALL = {
    "activation": "tanh",
    "dense_units": "96",
    "dropout": "0.5",
    "dataset": "mnist",
    "source": "full",
    "images": "2000",
    "shuffled_pixels": "true",
    "optimizer": "momentum",
    "learning_rate": "0.025",
    "batch_size": "64",
    "epochs": "3",
    "seed": "7",
    "units": "48",
    "blocks": "3",
    "match_parameters": "true",
    "match_macs": "true",
    "tweak": "true",
    "pin": "0123456789abcdef",
}
ALIKE = OF_ALL | OF_A_BLOCK
APART = OF_ALL | {
    "same_blocks": "false",
    **{f"{name}_{number}": text for name, text in OF_A_BLOCK.items() for number in (1, 2, 3)},
}


def address(app: AppTest) -> dict[str, str]:
    """The parameters as the page has set them."""
    return dict(app.query_params)


def notes(app: AppTest) -> list[str]:
    return [line for warning in app.sidebar.warning for line in warning.value.split("\n\n")]


def state(app: AppTest, *keys: str) -> dict[str, Any]:
    return {key: app.session_state[key] for key in keys}


def comparison(app: AppTest) -> ComparisonSpec:
    return app.session_state["cnnlab"].comparison


@pytest.mark.parametrize("wanted", [ALIKE, APART], ids=["blocks alike", "blocks apart"])
def test_the_address_sets_every_control_and_says_so_again(wanted):
    alike = wanted is ALIKE
    assert wanted.keys() | {"same_blocks"} == set(in_use(alike, 3))
    app = opened(**VERSION | wanted)
    assert notes(app) == []
    assert address(app) == VERSION | wanted
    assert state(app, *wanted) == {key: CONTROLS[key].rule.validate_strings(wanted[key]) for key in wanted}


@pytest.mark.parametrize("name", BLOCK_SETTINGS)
def test_a_setting_of_a_block_is_in_the_address_only_while_blocks_are_apart(name):
    app = opened(**{"same_blocks": "false", f"{name}_2": OF_A_BLOCK[name]})
    assert address(app) == VERSION | {"same_blocks": "false", f"{name}_2": OF_A_BLOCK[name]}
    app.toggle(key="same_blocks").set_value(True)
    run(app)
    assert address(app) == {}


def test_a_block_that_is_not_there_is_not_in_the_address():
    app = opened(same_blocks="false", blocks=1, filters_1=8, filters_2=16)
    assert address(app) == VERSION | {"same_blocks": "false", "blocks": "1", "filters_1": "8"}


def test_an_address_of_defaults_says_nothing_not_even_its_version():
    assert address(opened()) == {}
    defaults = {key: str(control.default).lower() for key, control in CONTROLS.items()}
    app = opened(**VERSION | defaults)
    assert notes(app) == []
    assert address(app) == {}
    assert comparison(app) == PRESETS["lab"]


def test_a_control_that_returns_to_its_default_leaves_the_address():
    app = opened(filters=24)
    app.slider(key="filters").set_value(64)
    run(app)
    assert address(app) == {}


def test_an_address_of_another_version_is_read_and_this_is_told():
    app = opened(v=2, filters=24)
    assert notes(app) == ["The address was made for version 2 of its settings; they were read as version 1."]
    assert state(app, "filters") == {"filters": 24}
    assert address(app) == VERSION | {"filters": "24"}


def test_each_part_that_is_ignored_has_its_sentence_and_the_rest_counts():
    asked = {"filters": "9999", "depth": "12", "pooling": "median", "same_blocks": "maybe", "epochs": "3"}
    app = opened(**asked)
    assert notes(app) == [
        "'filters=9999' in the address was ignored: Filters must be a whole number from 1 to 512.",
        "'depth=12' in the address was ignored: there is no such setting.",
        "'pooling=median' in the address was ignored: Pooling must be one of its choices.",
        "'same_blocks=maybe' in the address was ignored: Same for every block must be true or false.",
    ]
    assert address(app) == VERSION | {"epochs": "3"}
    assert comparison(app) == PRESETS["lab"].with_setting("training.epochs", 3)


def test_the_notes_stay_until_they_are_dismissed_and_do_not_come_back():
    app = opened(depth=12)
    app.slider(key="filters").set_value(24)
    run(app)
    assert len(notes(app)) == 1
    press(app, "dismiss_notes")
    assert notes(app) == []
    turned_to(app, "train")
    assert notes(app) == []


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_the_way_through_the_address(name):
    app = opened()
    press(app, f"preset_{name}")
    again = opened(**address(app))
    assert notes(again) == []
    assert comparison(again) == PRESETS[name]
    assert address(again) == address(app)


def test_a_page_keeps_its_own_parameter_beside_the_settings():
    app = opened(comparison="abc", filters=24)
    assert notes(app) == []
    assert address(app) == VERSION | {"filters": "24", "comparison": "abc"}
