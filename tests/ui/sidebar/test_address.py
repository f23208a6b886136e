"""The page's address, from both sides: what it asks for, and what it says of the controls."""

import re
from typing import Any
from unittest.mock import patch

import pytest
import streamlit
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.spec import PRESETS, ComparisonSpec, TrainingSpec
from cnnlab.ui.sidebar import steering
from cnnlab.ui.sidebar.address import OWN_NAMES, _take
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
    "stride": "2",
}
OF_ALL = {
    "activation": "tanh",
    "dense_units": "96",
    "second_dense_units": "24",
    "dropout": "0.5",
    "dataset": "mnist",
    "source": "full",
    "images": "2000",
    "shuffled_pixels": "true",
    "pixels": "raw",
    "optimizer": "momentum",
    "learning_rate": "0.025",
    "batch_size": "64",
    "epochs": "3",
    "seed": "7",
    "l2": "0.001",
    "precision": "mixed_bfloat16",
    "augment_shift": "0.1",
    "augment_turn": "15.0",
    "augment_zoom": "0.2",
    "augment_flip": "true",
    "augment_contrast": "0.5",
    "augment_noise": "0.05",
    "schedule": "step",
    "step_factor": "0.25",
    "step_epochs": "3",
    "stop_when": "val_loss",
    "stop_at": "0.5",
    "patience": "4",
    "units": "48",
    "second_units": "32",
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


def marked_notes(app: AppTest) -> list[str]:
    """The notes as Streamlit gets them, with every mark of Markdown escaped."""
    return [line for warning in app.sidebar.warning for line in warning.value.split("\n\n")]


def notes(app: AppTest) -> list[str]:
    """The notes as they are read."""
    return [re.sub(r"\\(.)", r"\1", note).replace("\u2060", "") for note in marked_notes(app)]


def state(app: AppTest, *keys: str) -> dict[str, Any]:
    return {key: app.session_state[key] for key in keys}


def comparison(app: AppTest) -> ComparisonSpec:
    return app.session_state["cnnlab"].comparison


@pytest.mark.parametrize("wanted", [ALIKE, APART], ids=["blocks alike", "blocks apart"])
def test_the_address_sets_every_control_and_says_so_again(wanted):
    run_id = runs.create("model", "pinned", PRESETS["small"].runs()["model"])
    runs.end(run_id, "stopped")
    wanted = wanted | {"pin": run_id}
    values = {key: CONTROLS[key].rule.validate_strings(text) for key, text in wanted.items()}
    defaults = {key: control.default for key, control in CONTROLS.items()}
    assert wanted.keys() | {"same_blocks"} == set(in_use(defaults | values))
    app = opened(**VERSION | wanted)
    assert notes(app) == []
    assert address(app) == VERSION | wanted
    assert state(app, *wanted) == values


def test_a_control_that_depends_on_another_is_in_the_address_only_while_it_counts():
    app = opened(schedule="step", step_factor=0.1, stop_when="accuracy", stop_at=0.9)
    assert address(app) == VERSION | {
        "schedule": "step",
        "step_factor": "0.1",
        "stop_when": "accuracy",
        "stop_at": "0.9",
    }
    assert comparison(app).training.step_factor == 0.1
    app.selectbox(key="schedule").set_value("cosine")
    app.selectbox(key="stop_when").set_value("never")
    run(app)
    assert address(app) == VERSION | {"schedule": "cosine"}
    assert comparison(app).training == TrainingSpec(schedule="cosine")
    assert comparison(turned_to(app, "runs")).training == TrainingSpec(schedule="cosine")


def test_what_an_address_asks_of_a_control_that_does_not_count_is_told():
    app = opened(schedule="cosine", step_factor=0.1, stop_at=0.5)
    assert notes(app) == [
        "'step_factor=0.1' in the address was ignored: 'Learning-rate schedule' is 'cosine'.",
        "'stop_at=0.5' in the address was ignored: 'Stop when' is 'never'.",
    ]


@pytest.mark.parametrize("name", BLOCK_SETTINGS)
def test_a_setting_of_a_block_is_in_the_address_only_while_blocks_are_apart(name):
    app = opened(**{"same_blocks": "false", f"{name}_2": OF_A_BLOCK[name]})
    assert address(app) == VERSION | {"same_blocks": "false", f"{name}_2": OF_A_BLOCK[name]}
    app.toggle(key="same_blocks").set_value(True)
    run(app)
    assert address(app) == VERSION


def test_a_block_that_is_not_there_is_not_in_the_address():
    app = opened(same_blocks="false", blocks=1, filters_1=8, filters_2=16)
    assert address(app) == VERSION | {"same_blocks": "false", "blocks": "1", "filters_1": "8"}


def test_an_address_of_defaults_says_nothing_but_its_version():
    assert address(opened()) == VERSION
    defaults = {key: str(control.default).lower() for key, control in CONTROLS.items()}
    app = opened(**VERSION | defaults)
    assert notes(app) == []
    assert address(app) == VERSION
    assert comparison(app) == PRESETS["lab"]


def test_a_control_that_returns_to_its_default_leaves_the_address():
    app = opened(filters=24)
    app.select_slider(key="filters").set_value(64)
    run(app)
    assert address(app) == VERSION


def come_to(app: AppTest, page: str, **asked: Any) -> AppTest:
    """As the browser's Back, Forward or a link comes to a page: with what the address says there."""
    app.switch_page(f"../../pages/{page}.py")
    app.query_params.clear()
    app.query_params.update(asked)
    return run(app)


def test_back_to_another_page_brings_the_settings_of_its_address():
    app = opened(filters=24, dense_units=96, same_blocks="false", filters_2=12)
    come_to(app, "runs", **VERSION | {"filters": "8", "epochs": "3"})
    assert address(app) == VERSION | {"filters": "8", "epochs": "3"}
    assert comparison(app) == opened(filters=8, epochs=3).session_state["cnnlab"].comparison
    come_to(app, "lab", **VERSION)
    assert comparison(app) == PRESETS["lab"] and address(app) == VERSION


def test_back_to_another_page_orders_nothing_to_a_training(monkeypatch):
    ordered = []
    monkeypatch.setattr(steering, "change_rate", ordered.append)
    monkeypatch.setattr(steering, "_train_anew", ordered.append)
    app = opened(tweak="true")
    come_to(app, "runs", **VERSION | {"tweak": "true", "filters": "8"})
    come_to(app, "lab", **VERSION | {"tweak": "true", "filters": "8", "learning_rate": "0.5"})
    assert ordered == []
    app.select_slider(key="filters").set_value(16)
    run(app)
    assert [comparison.model.blocks[0].filters for comparison in ordered] == [16]


def test_what_such_an_address_asks_in_vain_is_told():
    app = come_to(opened(filters=24), "runs", **VERSION | {"filters": "9999"})
    assert notes(app) == [
        "'filters=9999' in the address was ignored: Filters must be a whole number from 1 to 512."
    ]
    assert state(app, "filters") == {"filters": 64}


def test_the_navigation_and_links_without_settings_keep_them():
    app = opened(filters=24)
    come_to(app, "runs")
    assert state(app, "filters") == {"filters": 24} and address(app) == VERSION | {"filters": "24"}
    come_to(app, "compare", runs="0123456789abcdef")
    assert state(app, "filters") == {"filters": 24}


def test_on_the_same_page_an_address_that_is_older_than_the_controls_changes_nothing():
    app = opened(filters=24)
    app.select_slider(key="filters").set_value(16)
    app.query_params.update(VERSION | {"filters": "24"})  # what the browser had not yet been told
    run(app)
    assert state(app, "filters") == {"filters": 16} and address(app) == VERSION | {"filters": "16"}


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
    app.select_slider(key="filters").set_value(24)
    run(app)
    assert len(notes(app)) == 1
    press(app, "dismiss_notes")
    assert notes(app) == []
    turned_to(app, "lab")
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
    app = opened(study="abc", filters=24)
    assert notes(app) == []
    assert address(app) == VERSION | {"filters": "24", "study": "abc"}


@pytest.mark.parametrize("text", [str(2**53), "1" * 200])
def test_a_number_that_a_browser_cannot_hold_is_ignored_and_told(text):
    app = opened(images=text)
    (note,) = notes(app)
    assert note.endswith("in the address was ignored: Training images must be at most 9,007,199,254,740,991.")
    assert comparison(app) == PRESETS["lab"]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (
            {"filters_2": "24"},
            "'Same for every block' is on. Switch it off, or add 'same_blocks=false' to the address",
        ),
        (
            {"same_blocks": "false", "filters": "24"},
            "'Same for every block' is off, so that each block has a control of its own",
        ),
        ({"same_blocks": "false", "blocks": "1", "filters_2": "24"}, "the network has 1 block"),
    ],
)
def test_a_control_that_is_not_in_use_is_ignored_and_told(asked, reason):
    app = opened(**asked)
    name = next(name for name in asked if name.startswith("filters"))
    assert notes(app) == [f"'{name}=24' in the address was ignored: {reason}."]
    assert name not in address(app)


def test_of_a_parameter_that_is_given_twice_the_last_counts_and_the_other_is_told():
    app = opened(filters=["24", "32"])
    assert notes(app) == ["'filters=24' in the address was ignored: it was given again, as '32'."]
    assert state(app, "filters") == {"filters": 32}


def test_what_an_address_says_is_shown_as_text_in_one_line():
    app = opened(depth="![x](https://elsewhere.example/x.png)\n\n# Title", **{"**a**": "[b](c)" * 40})
    picture, bold = marked_notes(app)
    assert picture == (
        r"'depth=!\[x\](https\:"
        "\u2060"
        r"//elsewhere.example/x.png) \# Title' in the address was ignored: "
        "there is no such setting."
    )
    assert bold.startswith(r"'\*\*a\*\*=\[b\](c)")
    assert "…' in the address was ignored" in bold


@settings(max_examples=300)
@given(name=st.sampled_from(sorted(CONTROLS)) | st.text(), text=st.text() | st.integers().map(str))
def test_any_text_sets_a_control_to_what_its_rule_allows_or_is_a_sentence(name, text):
    with patch.object(streamlit, "session_state", {}) as state:
        note = _take(name, text)
    if note is None:
        assert name in OWN_NAMES or (name, text) == ("v", VERSION["v"]) or name in state
    else:
        assert state == {}
        assert note.endswith(".")
        assert "\n" not in note
    for value in state.values():
        assert not isinstance(value, int | float) or abs(value) < 2**53
