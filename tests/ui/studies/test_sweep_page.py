"""Sweeps on the page Studies: what can be asked, what is refused, and what is shown of one."""

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.studies import sweep_progress
from cnnlab.studies.sweep_arms import Arm
from cnnlab.studies.sweep_figures import TITLES
from cnnlab.studies.sweep_findings import findings
from cnnlab.studies.sweep_plan import Choices, Numbers, Sweep, sweepable
from cnnlab.trainer.status import TrainerStatus
from cnnlab.ui.cached.trainer import sweep_driver, trainer
from cnnlab.ui.plain_text import markdown
from tests.dashboard import opened, press, run
from tests.sweeps import RATE, SWEEP, UNITS, accuracy_of, drawn_point, in_memory, stored, trained, trial

READY = TrainerStatus("ready", ("CPU", "CPU"))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Sweep]:
    """The sweeps that the page starts, with a trainer that is ready; none is trained."""
    submitted: list[Sweep] = []

    def start(sweep: Sweep, visitor: str) -> str:
        submitted.append(sweep)
        return stored(sweep)

    monkeypatch.setattr(trainer(), "status", lambda: READY)
    monkeypatch.setattr(sweep_driver(), "start", start)
    return submitted


def form(**address: object) -> AppTest:
    """The page Studies with the question of the best settings."""
    app = opened("studies", images=1000, **address)
    app.main.segmented_control(key="study_kind").set_value("sweep")
    return run(app)


def errors(app: AppTest) -> list[str]:
    return [each.value for each in app.main.error]


def texts(app: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "warning", "error")
    return "\n".join(str(element.value) for kind in kinds for element in app.main.get(kind))


# The form


def test_as_it_stands_the_form_starts_a_sweep_of_two_settings(started):
    app = form()
    assert errors(app) == []
    assert "At most 30 trainings: 20 trials, the baseline and 9 on fresh seeds at the end" in texts(app)
    press(app, "sweep_start")
    [sweep] = started
    assert sweep.comparison == app.session_state["cnnlab"].comparison
    suggested = {each.path: each.suggested for each in sweepable(sweep.comparison)}
    assert sweep.ranges == (suggested["training.learning_rate"], suggested["model.dense_units"])
    assert (sweep.method, sweep.objective, sweep.trials, sweep.pruning) == ("tpe", "accuracy", 20, "none")
    assert app.query_params["study"] == runs.studies(1)[0].study_id


def test_every_setting_that_the_sidebar_has_is_offered_and_each_can_be_started(started):
    app = form()
    comparison = app.session_state["cnnlab"].comparison
    offered = sweepable(comparison)
    box = app.main.multiselect(key="sweep_ranges")
    assert box.options == [each.label for each in offered]
    box.set_value([each.path for each in offered if "blocks.0" not in each.path])
    run(app)
    assert len(app.main.segmented_control) > 10  # no control of the many raises an exception


def test_every_control_reaches_the_sweep(started):
    app = form()
    app.main.multiselect(key="sweep_ranges").set_value(
        ["training.learning_rate", "model.dense_units", "training.optimizer", "model.blocks.*.filters"]
    )
    app.main.segmented_control(key="sweep_method").set_value("random")
    app.main.number_input(key="sweep_trials").set_value(7)
    app.main.number_input(key="sweep_minutes").set_value(1.5)
    app.main.number_input(key="sweep_seeds").set_value(5)
    app.main.selectbox(key="sweep_pruning").set_value("wilcoxon")
    app.main.number_input(key="sweep_confirm_seeds").set_value(4)
    app.main.number_input(key="sweep_sampler_seed").set_value(11)
    app.main.number_input(key="sweep_at_once").set_value(2)
    app.main.toggle(key="sweep_use_stored").set_value(True)
    run(app)
    app.main.number_input(key="sweep_low_training_learning_rate").set_value(0.001)
    app.main.number_input(key="sweep_high_training_learning_rate").set_value(0.02)
    app.main.toggle(key="sweep_log_model_dense_units").set_value(False)
    app.main.pills(key="sweep_choices_training_optimizer").set_value(["adam", "sgd"])
    app.main.segmented_control(key="sweep_how_model_blocks_every_filters").set_value("Values")
    run(app)
    app.main.number_input(key="sweep_step_model_dense_units").set_value(16.0)
    app.main.text_input(key="sweep_values_model_blocks_every_filters").set_value("8, 16,32")
    run(app)
    assert errors(app) == []
    press(app, "sweep_start")
    [sweep] = started
    units = next(each for each in sweepable(sweep.comparison) if each.path == "model.dense_units").suggested
    assert sweep == Sweep(
        comparison=app.session_state["cnnlab"].comparison,
        ranges=(
            Numbers(path="training.learning_rate", low=0.001, high=0.02, log=True),
            Numbers(path="model.dense_units", low=units.low, high=units.high, step=16),
            Choices(path="training.optimizer", values=("adam", "sgd")),
            Choices(path="model.blocks.*.filters", values=(8, 16, 32)),
        ),
        method="random",
        trials=7,
        minutes=1.5,
        seeds=5,
        pruning="wilcoxon",
        sampler_seed=11,
        confirm_seeds=4,
        use_stored=True,
        at_once=2,
    )


def test_two_objectives_switch_pruning_off_and_the_control_says_why(started):
    app = form()
    app.main.selectbox(key="sweep_pruning").set_value("median")
    app.main.segmented_control(key="sweep_objective").set_value("accuracy_macs")
    run(app)
    box = app.main.selectbox(key="sweep_pruning")
    assert box.disabled and "two" in box.help
    press(app, "sweep_start")
    assert (started[0].objective, started[0].pruning) == ("accuracy_macs", "none")


@pytest.mark.parametrize(
    ("kind", "key", "value", "sentence"),
    [
        ("multiselect", "sweep_ranges", [], "choose at least one setting under 'Settings to vary'"),
        ("number_input", "sweep_trials", 0, "'Trials' must be from 1 to 1,000, not 0."),
        ("number_input", "sweep_seeds", 6, "'Seeds per trial' must be from 1 to 5, not 6."),
        ("number_input", "sweep_confirm_seeds", 2, "'Fresh seeds' must be from 3 to 20, or 0"),
        ("number_input", "sweep_minutes", -1.0, "'Time budget' must be above 0"),
        ("number_input", "sweep_high_training_learning_rate", 0.0, "from a lower to a higher number"),
        ("number_input", "sweep_low_model_dense_units", 0.5, "'Dense units' must lie from 1 to 4,096"),
        ("selectbox", "sweep_pruning", "wilcoxon", "set 'Seeds per trial' to at least 4, not 1"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence_and_nothing_starts(started, kind, key, value, sentence):
    app = form()
    getattr(app.main, kind)(key=key).set_value(value)
    run(app)
    assert any(sentence in error.replace("\\", "") for error in errors(app)), errors(app)
    assert app.button(key="sweep_start").disabled


@pytest.mark.parametrize("text", ["8, x", "8, 16.5", "0, 8", "8, 10000"])
def test_values_that_are_none_are_named_with_what_is_allowed(started, text):
    app = form()
    app.main.segmented_control(key="sweep_how_model_dense_units").set_value("Values")
    run(app)
    app.main.text_input(key="sweep_values_model_dense_units").set_value(text)
    run(app)
    [error] = errors(app)
    assert error.startswith("'Dense units' takes whole numbers from 1 to 4,096, separated by commas, not '")
    assert app.button(key="sweep_start").disabled
    assert app.main.number_input(key="sweep_trials").value == 20, "the other controls stay"


def test_without_a_trainer_nothing_starts_and_the_page_says_why():
    app = form()
    assert app.button(key="sweep_start").disabled
    assert "A sweep can start as soon as the trainer is ready" in texts(app)


# Under way


@pytest.fixture
def led(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the page orders the driver to do, with the study."""
    ordered: list[tuple[str, str]] = []
    for action in ("pause", "resume", "cancel", "take_up"):
        monkeypatch.setattr(
            sweep_driver(), action, lambda study_id, action=action: ordered.append((action, study_id))
        )
    monkeypatch.setattr(trainer(), "status", lambda: READY)
    return ordered


def labels(app: AppTest) -> dict[str, str]:
    return {str(each.key): each.label for each in app.main.button if str(each.key).startswith("sweep_")}


def test_before_its_first_trial_a_sweep_shows_that_it_runs(led):
    study_id = stored()
    runs.lead(study_id, "running")
    app = opened("studies", study=study_id)
    assert {"sweep_pause", "sweep_cancel"} <= labels(app).keys()
    assert [each.label for each in app.main.metric] == ["Time left"]
    assert "Result" not in [each.value for each in app.main.subheader]


def test_a_running_sweep_shows_the_best_so_far_the_baseline_and_what_is_left(led):
    study_id = stored()
    runs.lead(study_id, "running")
    random = np.random.default_rng(1)
    trained(study_id, Arm("baseline", 0), SWEEP.comparison.runs()["baseline"], 0.8)
    for number, accuracy in enumerate((0.7, 0.9)):
        trial(study_id, SWEEP, number, drawn_point(random), accuracy)
    under_way = trial(study_id, SWEEP, 2, drawn_point(random), 0.4, how="training")
    try:
        app = opened("studies", study=study_id)
        numbers = {each.label: (each.value, each.delta) for each in app.main.metric}
        assert numbers["Best so far"] == ("90.0%", "+10.0 points to the baseline")
        assert numbers["Dense 32"][0] == "80.0%"
        assert numbers["Time left"][0].endswith((" s", " min"))
        assert "Result so far" in [each.value for each in app.main.subheader]
        assert "trial 1, reaches 90.0%" in texts(app)
        press(app, "sweep_pause")
        press(app, "sweep_cancel")
        assert led == [("pause", study_id), ("cancel", study_id)]
    finally:
        runs.end(under_way, "stopped")


@pytest.mark.parametrize(("state", "button", "action"), [("paused", "sweep_resume", "resume")])
def test_a_paused_sweep_can_be_resumed(led, state, button, action):
    study_id = stored()
    runs.lead(study_id, state, reason="The trainer is away.")
    app = opened("studies", study=study_id)
    assert "The trainer is away." in texts(app)
    press(app, button)
    assert led == [(action, study_id)]


def test_a_sweep_whose_program_has_ended_can_be_taken_up(led):
    study_id = stored()
    app = opened("studies", study=study_id)
    assert labels(app) == {"sweep_take_up": "Resume"}
    press(app, "sweep_take_up")
    assert led == [("take_up", study_id)]


# Results


@pytest.fixture
def finished(led) -> str:
    """A sweep that has ended: four trials, one of them failed, and three fresh seeds."""
    study_id = stored()
    random = np.random.default_rng(2)
    specs = SWEEP.comparison.runs()
    trained(study_id, Arm("baseline", 0), specs["baseline"], 0.8)
    points = [drawn_point(random) for _ in range(4)]
    for number, accuracy in enumerate((0.70, 0.90, None, 0.85)):
        how = "failed" if accuracy is None else "finished"
        trial(study_id, SWEEP, number, points[number], accuracy, how=how)
    winner = SWEEP.with_point(points[1]).runs()["model"]
    for number, seed in enumerate(SWEEP.fresh_seeds()):
        for part, spec, accuracies in (
            ("winner", winner, FRESH),
            ("start", specs["model"], START),
            ("baseline", specs["baseline"], BASELINE),
        ):
            seeded = spec.model_copy(update={"training": spec.training.model_copy(update={"seed": seed})})
            trained(study_id, Arm(part, seed), seeded, accuracies[number])
    runs.lead(study_id, "finished")
    return study_id


FRESH, START, BASELINE = (0.872, 0.874, 0.873), (0.851, 0.852, 0.853), (0.801, 0.807, 0.803)


def test_a_finished_sweep_says_what_fresh_seeds_have_shown(finished):
    app = opened("studies", study=finished)
    found = texts(app)
    said = findings(sweep_progress.read(finished))
    assert len(said) == 4, "the best, the flattery, the start, the baseline"
    for finding in said:
        assert markdown([finding]) in found
    assert "Selection has flattered trial 1 by 2.70 points" in found
    assert "1 failed trial" in found
    assert labels(app).keys() == {"sweep_use"}


@pytest.mark.parametrize("name", [name for name in TITLES if name != "pareto"])
def test_each_figure_can_be_chosen(finished, name):
    app = opened("studies", study=finished)
    app.main.segmented_control(key="sweep_figure_single").set_value(name)
    run(app)
    assert "cannot be" not in "".join(each.value for each in app.main.warning)


def test_the_table_has_every_trial_the_most_accurate_first(finished):
    app = opened("studies", study=finished)
    table = app.main.dataframe[-1].value
    assert table["Trial"].tolist() == [1, 3, 0, 2]
    assert table["Accuracy"].tolist()[:3] == pytest.approx([90, 85, 70])
    assert table["State"].tolist() == ["finished", "finished", "finished", "failed"]
    assert table["Note"].tolist()[-1] == "The worker died."
    progress = sweep_progress.read(finished)
    assert table["Run"].tolist()[0] == f"run?run={progress.trials[1].runs[0].run_id}"


def test_the_settings_of_a_trial_go_to_the_sidebar(finished):
    app = opened("studies", study=finished)
    assert app.main.multiselect(key=f"sweep_chosen_{finished}").value == [1], "the best at first"
    press(app, "sweep_use")
    best = sweep_progress.read(finished).trials[1]
    assert app.session_state["cnnlab"].comparison == SWEEP.with_point(best.settings)


def test_a_single_trial_is_opened_or_compared_with_the_baseline_and_several_with_each_other(finished):
    app = opened("studies", study=finished)
    progress = sweep_progress.read(finished)
    ids = [each.runs[0].run_id for each in progress.trials]

    def links() -> dict[str, tuple[str, bool]]:
        found = app.main.get("page_link")
        return {each.proto.label: (each.proto.query_string, each.proto.disabled) for each in found}

    assert links()["Open"] == (f"run={ids[1]}", False)
    assert progress.baseline_run
    assert ids[1] in links()["Compare"][0] and progress.baseline_run.run_id in links()["Compare"][0]
    app.main.multiselect(key=f"sweep_chosen_{finished}").set_value([0, 3])
    run(app)
    assert links()["Open"][1]
    assert ids[0] in links()["Compare"][0] and ids[3] in links()["Compare"][0]
    assert app.button(key="sweep_use").disabled


def test_two_objectives_show_the_front(led, monkeypatch):
    two = SWEEP.model_copy(update={"objective": "accuracy_params"})
    study_id = stored(two)
    monkeypatch.setattr(sweep_progress, "read", lambda _: replace(in_memory(12, two), study_id=study_id))
    app = opened("studies", study=study_id)
    assert app.main.segmented_control(key="sweep_figure_pareto").value == "pareto"
    assert "no other is both cheaper and more accurate" in texts(app)
    assert "Parameters" in app.main.dataframe[-1].value


def test_a_sweep_of_another_version_is_told():
    study_id = runs.create_study("sweep", "of a later version", b'{"kind": "sweep", "weather": 1}')
    assert "written by another version" in texts(opened("studies", study=study_id))


def test_the_best_settings_depend_on_the_settings():
    """Of the test's own trials: they differ in accuracy, or the others would show nothing."""
    random = np.random.default_rng(0)
    assert len({accuracy_of(drawn_point(random)) for _ in range(5)}) == 5
    assert {RATE.path, UNITS.path} <= drawn_point(random).keys()
