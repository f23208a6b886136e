"""The presets as cards."""

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.spec import PRESETS
from cnnlab.ui.cached import durations
from cnnlab.ui.sidebar import presets
from tests.dashboard import opened, press, run
from tests.own_datasets import own_dataset


def labels(app: AppTest) -> dict[str, str]:
    return {name: app.button(key=f"preset_{name}").label for name in PRESETS}


def icons(app: AppTest) -> dict[str, str]:
    return {name: app.button(key=f"preset_{name}").proto.icon for name in PRESETS}


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long each takes."""
    monkeypatch.setattr(
        durations, "seconds_of_comparison", lambda comparison: comparison.training.epochs * 10
    )


def test_a_card_says_the_parameters_and_how_long_a_training_takes():
    assert labels(opened()) == {
        "lab": "**Lab** · 244 k parameters · about\u00a050\u00a0s",
        "small": "**Small and fast** · 14.4 k parameters · about\u00a030\u00a0s",
        "deep": "**Deep** · 259 k parameters · about\u00a080\u00a0s",
    }


def test_nothing_is_said_of_a_time_that_is_not_known(monkeypatch):
    monkeypatch.setattr(durations, "seconds_of_comparison", lambda comparison: None)
    assert labels(opened())["lab"] == "**Lab** · 244 k parameters"


def test_the_preset_that_is_set_is_marked_and_a_change_makes_it_modified():
    app = opened()
    assert icons(app) == {"lab": presets.SELECTED, "small": presets.OTHER, "deep": presets.OTHER}
    press(app, "preset_small")
    run(app)
    assert icons(app) == {"lab": presets.OTHER, "small": presets.SELECTED, "deep": presets.OTHER}
    app.number_input(key="dense_units").set_value(48)
    run(app)
    assert icons(app)["small"] == presets.MODIFIED
    assert labels(app)["small"].startswith("**Small and fast**, modified · ")
    press(app, "preset_small")
    assert icons(app)["small"] == presets.SELECTED


def test_data_and_seed_belong_to_no_preset():
    app = opened(images=500, seed=9, shuffled_pixels="true")
    assert icons(app)["lab"] == presets.SELECTED


def test_settings_of_an_address_are_no_preset():
    app = opened(filters=24)
    assert set(icons(app).values()) == {presets.OTHER}


def test_a_preset_that_is_too_deep_for_small_images_says_so():
    with own_dataset(shape=(12, 10, 3)) as dataset:
        app = opened(dataset=dataset)
        assert "does not fit 12×10 pixels" in app.button(key="preset_deep").label
        assert "parameters" in app.button(key="preset_small").label
        press(app, "preset_deep")
        assert any("Block" in each.value for each in app.sidebar.error)  # the sidebar says what mends it
