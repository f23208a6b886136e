"""Which comparison is shown: chosen once for all pages, the newest unless a person chose another one."""

import uuid

import pytest
from mlflow.entities import Metric
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.runs.metrics import log_metrics
from cnnlab.spec import PRESETS, ComparisonSpec
from cnnlab.ui.choices.address_parameter import COMPARISON
from cnnlab.ui.choices.comparison import FOLLOWS
from tests.dashboard import answer_here, opened, run, turned_to

SMALL = PRESETS["small"]


@pytest.fixture(autouse=True)
def answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions are answered, in this process."""
    answer_here(monkeypatch)


def stored(filters: int, accuracy: float = 0.86, spec: ComparisonSpec = SMALL) -> str:
    identity = uuid.uuid4().hex
    spec = spec.with_setting("model.blocks.0.filters", filters)
    for role, each in spec.runs().items():
        run_id = runs.create(role, identity, each)
        log_metrics(run_id, [Metric("test_accuracy", accuracy, 1, 0)])
        runs.end(run_id, "finished")
    return identity


def line(app: AppTest) -> str:
    [shown] = [each.value for each in app.main.markdown if each.value.startswith("Showing: ")]
    return shown


def choose(app: AppTest, comparison: str) -> None:
    app.selectbox(key=COMPARISON.key).select(comparison)
    run(app)


def test_the_lab_shows_the_newest_and_a_newer_one_takes_its_place():
    stored(3)
    app = opened("lab")
    assert line(app) == "Showing: **CNN 3-16** against **Dense 32**, 86.0% and 86.0%"
    assert COMPARISON.name not in app.query_params
    stored(5)
    assert line(run(app)).startswith("Showing: **CNN 5-16**")


def test_what_is_chosen_on_one_page_is_shown_on_the_others_until_something_is_trained():
    older, _ = stored(3), stored(5)
    app = opened("inside")
    assert line(app).startswith("Showing: **CNN 5-16**")
    choose(app, older)
    stored(7)
    turned_to(app, "lab")
    assert line(app).startswith("Showing: **CNN 3-16**")
    assert app.query_params[COMPARISON.name] in (older, [older])
    app.session_state[FOLLOWS] = True  # as Train, Rewind and New seed do
    assert line(run(app)).startswith("Showing: **CNN 7-16**")
    assert line(turned_to(app, "inside")).startswith("Showing: **CNN 7-16**")


def test_inside_a_newer_comparison_does_not_take_the_place_of_the_one_looked_at():
    stored(3)
    app = opened("inside")
    stored(5)
    assert line(run(app)).startswith("Showing: **CNN 3-16**")


def test_a_link_to_the_lab_shows_its_comparison():
    older, _ = stored(3), stored(5)
    app = opened(comparison=older)
    assert line(app).startswith("Showing: **CNN 3-16**")
    stored(7)
    assert line(run(app)).startswith("Showing: **CNN 3-16**")


def test_the_sidebar_of_inside_says_what_is_looked_at_and_puts_its_settings_back():
    stored(9, spec=SMALL.with_setting("training.seed", 41).with_setting("data.images", 700))
    app = opened("inside")
    text = "\n".join(each.value for each in app.sidebar.markdown)
    assert "**CNN 9-16**" in text and "700 images of Fashion-MNIST" in text and "seed 41" in text
    assert not app.sidebar.slider
    [button] = [each for each in app.sidebar.button if each.label == "Use these settings"]
    button.click()
    run(app)
    comparison = app.session_state["cnnlab"].comparison
    assert comparison.model.blocks[0].filters == 9 and comparison.model.blocks[1].filters == 16
    assert comparison.training.seed == 41 and comparison.data.images == 700
