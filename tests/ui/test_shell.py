import uuid

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.errors import SettingsRefused, TrainerUnavailable
from cnnlab.spec import PRESETS, TITLES, ComparisonSpec
from cnnlab.trainer import trainings
from cnnlab.trainer.status import TrainerStatus
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.plain_text import plain
from cnnlab.ui.sidebar import trainer_status
from tests.dashboard import SHELL, opened, press, run, turned_to

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


def test_the_lab_comes_first():
    app = run(AppTest.from_file(SHELL, default_timeout=30))
    assert [title.value for title in app.title] == ["Lab"]


@pytest.mark.parametrize(
    "status, text",
    [
        (TrainerStatus("warming up"), "Trainer warming up"),
        (READY, "CPU, 2 workers"),
        (TrainerStatus("ready", ("NVIDIA H200",)), "1 × NVIDIA H200"),
        (TrainerStatus("ready", ("NVIDIA H200",) * 2, shared_gpu=True), "NVIDIA H200, 2 workers"),
    ],
)
def test_the_sidebar_says_how_the_trainer_is(monkeypatch, status, text):
    set_status(monkeypatch, status)
    assert text in texts(opened().sidebar.caption)


def test_the_sidebar_looks_on_until_all_workers_have_joined(monkeypatch):
    set_status(monkeypatch, TrainerStatus("ready", ("CPU",), joining=True))
    app = opened()
    assert "CPU, 1 worker" in texts(app.sidebar.caption)
    assert app.session_state[trainer_status.STATE] == trainer_status.JOINING
    set_status(monkeypatch, READY)
    app = run(app)
    assert "CPU, 2 workers" in texts(app.sidebar.caption)
    assert app.session_state[trainer_status.STATE] == "ready"


def test_the_sidebar_says_why_a_gpu_is_not_used_and_what_mends_it(monkeypatch):
    problem = 'TensorFlow cannot use 1 GPU: run pip install "tensorflow[and-cuda]"'
    set_status(monkeypatch, TrainerStatus("ready", ("CPU", "CPU"), gpu_problem=problem))
    (warning,) = opened().sidebar.warning
    assert warning.value == plain(problem)


SLOWER = "This processor is not known to compute in bfloat16: training steps would be slower."


@pytest.mark.parametrize("problem", ["", SLOWER])
def test_the_control_of_the_precision_says_why_half_would_be_slower(monkeypatch, problem):
    set_status(monkeypatch, TrainerStatus("ready", ("CPU", "CPU"), bfloat16_problem=problem))
    app = opened("lab")
    assert ("not known" in app.selectbox(key="precision").help) == bool(problem)
    assert "not known" not in texts(app.sidebar.caption)
    app.selectbox(key="precision").select("mixed_bfloat16")
    app = run(app)
    assert ("not known" in texts(app.sidebar.caption)) == bool(problem)


def test_the_sidebar_says_why_there_is_no_trainer(monkeypatch):
    set_status(monkeypatch, TrainerStatus("failed", problem="The trainer has ended."))
    assert texts(opened().sidebar.error) == "The trainer has ended."


@pytest.mark.parametrize("state", ["warming up", "failed"])
def test_training_waits_for_the_trainer(monkeypatch, state):
    set_status(monkeypatch, TrainerStatus(state, problem="The trainer has ended."))
    assert opened("lab").button(key="train").disabled


def layer_tables(app: AppTest) -> list[str]:
    [html] = app.main.get("html")
    return html.proto.body.split('<div class="cnnlab-summary"')[1:]


def test_the_lab_shows_both_networks_layer_by_layer_with_their_totals():
    model, baseline = layer_tables(opened())
    assert "CNN 64-64, the convolutional network" in model and "243,786" in model
    assert "Dense 128, the dense-only baseline" in baseline and "101,770" in baseline


COST_OF_ONE_BLOCK = "parameters 243,786 → 1,386,506 (the flattened map grows from 1,600 to 10,816 values)"


def test_the_lab_says_what_the_last_change_did_to_the_costs(monkeypatch):
    monkeypatch.setattr(runs, "recent", lambda *_, **__: [])  # nothing has been trained yet
    app = opened()
    app.slider(key="blocks").set_value(1)
    run(app)
    assert f"Against CNN 64-64, before the last change: {COST_OF_ONE_BLOCK}" in texts(app.main.markdown)
    app.slider(key="blocks").set_value(2)
    run(app)
    assert "(the flattened map shrinks from 10,816 to 1,600 values)" in texts(app.main.markdown)


def test_the_lab_says_what_the_settings_cost_against_the_training_that_is_shown():
    end(stored_comparison(PRESETS["lab"]))
    app = opened(blocks=1)
    assert f"Against CNN 64-64 as it was trained: {COST_OF_ONE_BLOCK}" in texts(app.main.markdown)


def test_the_layers_follow_the_sidebar():
    model, _ = layer_tables(opened(filters="24"))
    assert "CNN 24-24" in model and "26×26×24" in model


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
    app = opened(**address)
    (error,) = [error for error in app.main.error if error.value.startswith(sentence)]
    assert any(f"'{title}'" in error.value for title in TITLES.values())
    assert app.button(key="train").disabled


def test_the_lab_says_what_will_be_trained_on_how_many_images():
    introduction = next(
        caption for caption in opened("lab", images="1000").main.caption if "**CNN 64-64**" in caption.value
    )
    assert (
        "**CNN 64-64** and **Dense 128** learn from the same 900 images of Fashion-MNIST"
        in introduction.value
    )
    assert "100 other images are set apart for validation" in introduction.proto.help


def test_train_submits_the_comparison_of_the_sidebar(monkeypatch):
    submitted: list[ComparisonSpec] = []
    monkeypatch.setattr(
        trainer().trainings, "submit", lambda comparison, *options: submitted.append(comparison)
    )
    app = opened("lab", filters="24", images="500")
    press(app, "train")
    assert submitted == [app.session_state["cnnlab"].comparison]
    assert submitted[0].model.blocks[0].filters == 24


@pytest.mark.parametrize("error", [TrainerUnavailable("No trainer."), SettingsRefused("Not this.")])
def test_a_refused_submission_is_told_and_nothing_raises(monkeypatch, error):
    def refuse(*arguments):
        raise error

    monkeypatch.setattr(trainer().trainings, "submit", refuse)
    app = opened("lab")
    press(app, "train")
    assert [toast.value for toast in app.toast] == [str(error)]


def test_a_comparison_under_way_is_shown_and_can_be_stopped_and_another_one_be_started(monkeypatch):
    run_ids = stored_comparison()
    orders = []
    monkeypatch.setattr(
        trainer().trainings, "order", lambda run_ids, **order: orders.append((set(run_ids), order))
    )
    try:
        app = opened("lab")
        assert not app.button(key="train").disabled
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
    app = opened("lab")
    assert texts(app.main.caption).count("· stopped") == 2
    assert app.button(key="stop").disabled and not app.button(key="train").disabled


def test_a_failed_run_shows_its_reason():
    run_ids = stored_comparison()
    end({"model": run_ids["model"]}, "failed", trainings.WORKER_DIED)
    end({"baseline": run_ids["baseline"]})
    app = opened("lab")
    assert "**CNN 8-16** · failed" in texts(app.main.caption)
    assert texts(app.main.error) == trainings.WORKER_DIED
    assert not app.button(key="train").disabled


def test_a_run_without_weights_is_told_on_the_pages_that_look_inside():
    end(stored_comparison())
    assert "train it once more" in texts(opened("inside").warning)


def test_a_run_without_kernels_is_told_where_weights_are_shown(monkeypatch):
    run_ids = stored_comparison()
    end(run_ids)

    def weights(run_id: str) -> None:
        from cnnlab import runs
        from cnnlab.ui.actions import reported
        from cnnlab.ui.cached.kernels import kernels

        with reported():
            kernels(runs.get(run_id))

    app = run(AppTest.from_function(weights, args=(run_ids["model"],)))
    assert texts(app.warning) == "The run has no 'kernels.npz': it was not written, or has been deleted."


def test_a_presentation_enlarges_every_page_until_it_is_switched_off():
    def enlarged(app: AppTest) -> bool:
        return any("html { font-size: 22.4px !important; }" in html.proto.body for html in app.get("html"))

    app = opened()
    assert not enlarged(app)
    app.toggle(key="presentation").set_value(True)
    run(app)
    assert enlarged(app) and enlarged(turned_to(app, "compare")) and enlarged(turned_to(app, "lab"))
    app.toggle(key="presentation").set_value(False)
    run(app)
    assert not enlarged(app)
