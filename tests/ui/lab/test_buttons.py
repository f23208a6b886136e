"""The lab's buttons, by the state of what is shown; no trainer answers here."""

import uuid
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.runs import Status, store, tags
from cnnlab.runs.heartbeat import stored_orders
from cnnlab.spec import PRESETS, ComparisonSpec, Role
from cnnlab.spec.orders import Orders
from cnnlab.trainer.status import TrainerStatus
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.plain_text import plain
from tests.dashboard import opened, press, run
from tests.experiments import own_experiments

NO_TRAINER = "There is no trainer: start the dashboard by 'streamlit run app.py'."
BUTTONS = {"train", "pause", "resume", "step", "stop", "rewind", "new_seed", "continue"}


@pytest.fixture(autouse=True)
def _nothing_stored() -> Iterator[None]:
    with own_experiments():
        yield


@pytest.fixture
def comparison() -> Iterator[dict[Role, str]]:
    """Role → run id of a comparison that trains, until the end of the test."""
    run_ids = stored()
    for run_id in run_ids.values():
        runs.start(run_id, "CPU")
    yield run_ids
    end(run_ids)


def stored(spec: ComparisonSpec = PRESETS["small"]) -> dict[Role, str]:
    identity = uuid.uuid4().hex
    return {role: runs.create(role, identity, each) for role, each in spec.runs().items()}


def end(run_ids: dict[Role, str], status: Status = "stopped") -> None:
    for run_id in run_ids.values():
        runs.end(run_id, status)


def enabled(app: AppTest) -> set[str]:
    return {button.key for button in app.main.button if button.key in BUTTONS and not button.disabled}


def test_without_a_trainer_nothing_starts_and_the_page_says_why(comparison):
    end(comparison)
    app = opened("lab")
    assert [error.value for error in app.sidebar.error] == [plain(NO_TRAINER)]
    assert enabled(app) == set()
    assert any(caption.value.startswith("Training can start as soon as") for caption in app.main.caption)


def test_what_trains_can_be_paused_and_stopped(comparison):
    assert enabled(opened("lab")) == {"pause", "stop"}


def test_what_waits_can_be_stopped():
    run_ids = stored()
    try:
        assert enabled(opened("lab")) == {"pause", "stop"}
    finally:
        end(run_ids)


def test_what_is_paused_can_be_resumed_stepped_and_stopped(comparison):
    for run_id in comparison.values():
        runs.note(run_id, "paused")
    app = opened("lab")
    assert enabled(app) == {"resume", "step", "stop"}
    assert sum("· paused" in text.value for text in app.main.markdown) == 2


def test_a_pause_of_one_network_is_a_pause_though_the_other_still_waits_for_a_worker():
    run_ids = stored()
    runs.start(run_ids["model"], "NVIDIA H200")
    runs.note(run_ids["model"], "paused")
    try:
        assert enabled(opened("lab")) == {"resume", "step", "stop"}
    finally:
        end(run_ids)


def test_a_pause_is_complete_once_both_networks_hold(comparison):
    runs.note(comparison["baseline"], "paused")
    assert enabled(opened("lab")) == {"pause", "stop"}


ORDERED = {
    "pause": Orders(paused=True),
    "stop": Orders(stop=True),
    "resume": Orders(),
    "step": Orders(pause_after=1),
}


@pytest.mark.parametrize("key", ORDERED)
def test_an_order_reaches_a_training_that_was_not_started_here(comparison, key):
    """Also before the first values have come."""
    if key in ("resume", "step"):
        for run_id in comparison.values():
            runs.note(run_id, "paused")
    app = opened("lab")
    press(app, key)
    assert not app.toast
    assert {stored_orders(run_id) for run_id in comparison.values()} == {ORDERED[key]}


def test_a_training_that_takes_no_orders_is_told(comparison):
    for run_id in comparison.values():
        store.client().set_tag(run_id, tags.ALIVE, "")  # as an older version of cnnlab left it
    app = opened("lab")
    press(app, "pause")
    [toast] = app.toast
    assert "older version of cnnlab" in toast.value


def test_a_learning_rate_reaches_a_training_that_was_not_started_here(comparison):
    app = opened("lab")
    app.number_input(key="learning_rate").set_value(0.01)
    run(app)
    assert not app.toast
    assert {stored_orders(run_id) for run_id in comparison.values()} == {Orders(learning_rate=0.01)}


def test_new_seed_trains_with_the_next_seed_and_changes_nothing_else(comparison, monkeypatch):
    end(comparison)
    trained = []
    monkeypatch.setattr(trainer(), "status", lambda: TrainerStatus("ready", ("CPU", "CPU")))
    monkeypatch.setattr(trainer().trainings, "submit", lambda chosen, *options: trained.append(chosen))
    app = opened("lab", filters="24", seed="7")
    before = app.session_state["cnnlab"].comparison
    press(app, "new_seed")
    after = app.session_state["cnnlab"].comparison
    assert after == before.with_setting("training.seed", 8) and trained == [after]
    assert app.query_params["seed"] == "8"


def test_compare_with_lists_the_stored_runs_that_have_ended():
    ended, active = (
        stored(PRESETS["small"].with_setting("model.blocks.0.filters", filters)) for filters in (5, 6)
    )
    end(ended)
    try:
        options = opened("lab").selectbox(key="pin").options
    finally:
        end(active)
    assert options[0] == "the dense-only baseline"
    assert sum(option.startswith("CNN 5-16 (") for option in options) == 1
    assert not any(option.startswith("CNN 6-16 (") for option in options)


def test_a_pinned_run_takes_the_baselines_place_and_is_in_the_address(comparison):
    end(comparison)
    pinned = stored(PRESETS["small"].with_setting("model.blocks.0.filters", 11))
    end(pinned)
    newest = stored(PRESETS["small"].with_setting("model.blocks.0.filters", 7))
    end(newest)
    app = opened("lab")
    app.selectbox(key="pin").set_value(pinned["model"])
    run(app)
    assert app.query_params["pin"] == pinned["model"]
    for shown in (app, opened("lab", pin=pinned["model"])):
        states = [text.value for text in shown.main.caption if " · stopped" in text.value]
        assert [state.partition(" · ")[0] for state in states] == ["**CNN 7-16**", "**CNN 11-16**"]


def test_a_pinned_run_that_is_not_stored_is_told_and_the_baseline_stands(comparison):
    app = opened(pin="nowhere")
    assert [warning.value for warning in app.main.warning] == [
        "There is no run 'nowhere' in the store. The dense-only baseline takes its place."
    ]
    assert app.selectbox(key="pin").value == ""
    run(app)
    assert not app.main.warning and "pin" not in app.query_params


def test_tweaking_with_a_pinned_run_that_is_not_stored_is_told():
    app = opened("studies", tweak="true")
    app.session_state["pin"] = "nowhere"  # deleted meanwhile
    app.select_slider(key="filters").set_value(24)
    run(app)
    assert [toast.value for toast in app.toast] == ["There is no run 'nowhere' in the store."]


def test_a_tweak_that_is_cut_off_is_made_up_for_by_the_next_run_of_the_script(monkeypatch):
    trained = []

    def cut_off_once(comparison, pinned, visitor) -> None:
        trained.append(comparison.model.blocks[0].filters)
        if len(trained) == 1:
            raise KeyboardInterrupt  # as Streamlit ends a script by an exception that is no error

    def moves() -> None:
        import streamlit as st

        from cnnlab.spec import PRESETS
        from cnnlab.ui.sidebar import steering
        from cnnlab.ui.sidebar.panel import Choice

        for filters in (64, 24, 24, 24):
            changed = PRESETS["lab"].with_setting("model.blocks.0.filters", filters)
            try:
                steering.follow(Choice(changed, ()), from_address=False)
            except KeyboardInterrupt:
                st.write("cut off")

    monkeypatch.setattr(trainer().trainings, "tweak", cut_off_once)
    app = AppTest.from_function(moves)
    app.session_state["tweak"], app.session_state["pin"] = True, ""
    run(app)
    assert app.markdown[0].value == "cut off"
    assert trained == [24, 24], "once it has been heard, it is not repeated"
