import uuid

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.errors import SettingsRefused, TrainerUnavailable
from cnnlab.spec import PRESETS, TITLES, ComparisonSpec
from cnnlab.trainer import trainings
from cnnlab.trainer.status import TrainerStatus
from cnnlab.ui.cached.trainer import trainer
from tests.dashboard import SHELL, opened, press, run

READY = TrainerStatus("ready", ("CPU", "CPU"))


@pytest.fixture(autouse=True)
def status(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trainer is ready."""
    set_status(monkeypatch, READY)


def set_status(monkeypatch: pytest.MonkeyPatch, status: TrainerStatus) -> None:
    monkeypatch.setattr(trainer(), "status", lambda: status)


def stored_comparison(spec: ComparisonSpec = PRESETS["small"]) -> dict[str, str]:
    """Role → run id of a comparison that waits for its trainer."""
    identity = uuid.uuid4().hex
    return {role: runs.create(role, identity, each) for role, each in spec.runs().items()}


def end(run_ids: dict[str, str], status: runs.Status = "stopped", reason: str = "") -> None:
    for run_id in run_ids.values():
        runs.end(run_id, status, reason)


def texts(elements) -> str:
    return "\n".join(element.value for element in elements)


def test_architecture_comes_first():
    app = run(AppTest.from_file(SHELL, default_timeout=30))
    assert [title.value for title in app.title] == ["Architecture"]


@pytest.mark.parametrize(
    "status, text",
    [
        (TrainerStatus("warming up"), "Trainer warming up"),
        (READY, "CPU, 2 workers"),
        (TrainerStatus("ready", ("NVIDIA H200",)), "1 × NVIDIA H200"),
    ],
)
def test_the_sidebar_says_how_the_trainer_is(monkeypatch, status, text):
    set_status(monkeypatch, status)
    assert text in texts(opened().sidebar.caption)


def test_the_sidebar_says_why_there_is_no_trainer(monkeypatch):
    set_status(monkeypatch, TrainerStatus("failed", problem="The trainer has ended."))
    assert texts(opened().sidebar.error) == "The trainer has ended."


@pytest.mark.parametrize("state", ["warming up", "failed"])
def test_training_waits_for_the_trainer(monkeypatch, state):
    set_status(monkeypatch, TrainerStatus(state, problem="The trainer has ended."))
    assert opened("train").button(key="train").disabled


def test_architecture_shows_both_networks_with_their_totals():
    app = opened()
    assert [heading.value for heading in app.subheader] == ["CNN 64-64", "Dense 128"]
    model, baseline = [html.proto.body for html in app.main.get("html")]
    assert "243,786" in model and "101,770" in baseline


def test_architecture_follows_the_sidebar():
    app = opened(filters="24")
    assert app.subheader[0].value == "CNN 24-24"
    assert "26×26×24" in app.main.get("html")[0].proto.body


@pytest.mark.parametrize(
    "address, sentence",
    [
        (
            {"kernel_size": "11", "pool_size": "8"},
            "Block 2: kernel 11×11 does not fit the 2×2 map that reaches it: ",
        ),
        ({"blocks": "4"}, "Block 4: kernel 3×3 does not fit the 1×1 map that reaches it: "),
    ],
)
def test_an_impossible_network_is_answered_with_block_and_control(address, sentence):
    for page in ("architecture", "train"):
        app = opened(page, **address)
        (error,) = app.main.error
        assert error.value.startswith(sentence)
        assert any(f"'{title}'" in error.value for title in TITLES.values())
    assert app.button(key="train").disabled


def test_train_says_what_will_be_trained_on_how_many_images():
    text = texts(opened("train", images="1000").main.markdown)
    assert "**CNN 64-64** (243,786 parameters) and **Dense 128** (101,770 parameters)" in text
    assert "the same 900 images of Fashion-MNIST" in text
    assert "100 others are set apart for validation" in text


def test_train_submits_the_comparison_of_the_sidebar(monkeypatch):
    submitted: list[ComparisonSpec] = []
    monkeypatch.setattr(
        trainer().trainings, "submit", lambda comparison, *options: submitted.append(comparison)
    )
    app = opened("train", filters="24", images="500")
    press(app, "train")
    assert submitted == [app.session_state["cnnlab"].comparison]
    assert submitted[0].model.blocks[0].filters == 24


@pytest.mark.parametrize("error", [TrainerUnavailable("No trainer."), SettingsRefused("Not this.")])
def test_a_refused_submission_is_told_and_nothing_raises(monkeypatch, error):
    def refuse(*arguments):
        raise error

    monkeypatch.setattr(trainer().trainings, "submit", refuse)
    app = opened("train")
    press(app, "train")
    assert [toast.value for toast in app.toast] == [str(error)]


def test_a_comparison_under_way_is_shown_and_can_only_be_stopped(monkeypatch):
    run_ids = stored_comparison()
    orders = []
    monkeypatch.setattr(
        trainer().trainings, "order", lambda run_ids, **order: orders.append((set(run_ids), order))
    )
    try:
        app = opened("train")
        assert app.button(key="train").disabled
        assert "waiting for a free worker" in texts(app.main.markdown)
        runs.start(run_ids["model"], "CPU")
        run(app)
        assert "**CNN 8-16** · training on CPU" in texts(app.main.markdown)
        press(app, "stop")
        assert orders == [(set(run_ids.values()), {"stop": True})]
    finally:
        end(run_ids)


def test_a_stopped_comparison_says_so_and_another_one_can_be_trained():
    end(stored_comparison())
    app = opened("train")
    assert texts(app.main.markdown).count("· stopped") == 2
    assert app.button(key="stop").disabled and not app.button(key="train").disabled


def test_a_failed_run_shows_its_reason():
    run_ids = stored_comparison()
    end({"model": run_ids["model"]}, "failed", trainings.WORKER_DIED)
    end({"baseline": run_ids["baseline"]})
    app = opened("train")
    assert "**CNN 8-16** · failed" in texts(app.main.markdown)
    assert texts(app.main.error) == trainings.WORKER_DIED
    assert not app.button(key="train").disabled


def test_a_run_without_weights_is_told_on_the_pages_that_look_inside():
    end(stored_comparison())
    for page in ("inside", "filters"):
        assert "train it once more" in texts(opened(page).warning)


def test_a_run_without_kernels_is_told_on_the_page_of_filters(monkeypatch):
    end(stored_comparison())
    monkeypatch.setattr(runs, "weight_epochs", lambda run_id: [0])
    app = opened("filters")
    assert texts(app.warning) == "The run has no 'kernels.npz': it was not written, or has been deleted."
