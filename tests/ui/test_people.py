"""Several people on one dashboard: each page begins with one's own, and one's buttons act on that alone."""

import uuid
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.runs import store, tags
from cnnlab.runs.heartbeat import stored_orders
from cnnlab.runs.ownership import Process, this_process
from cnnlab.spec import PRESETS, ComparisonSpec, Role
from cnnlab.spec.orders import Orders
from cnnlab.studies import plan
from cnnlab.studies.plan import Study
from cnnlab.trainer.status import TrainerStatus
from cnnlab.ui import visitor
from cnnlab.ui.cached.trainer import study_queue, trainer
from cnnlab.ui.choices.own_first import newest_runs, newest_studies
from tests.dashboard import opened, press, run
from tests.experiments import own_experiments
from tests.people import ANN, ANNS_NAME, BEN, BENS_NAME, look_as, reachable_by_others

READY = TrainerStatus("ready", ("CPU", "CPU"))
BUTTONS = {"train", "pause", "resume", "step", "stop", "rewind", "new_seed", "continue"}
SMALL = PRESETS["small"].with_setting("data.images", 1000).with_setting("training.epochs", 2)


@pytest.fixture(autouse=True)
def _nothing_stored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(trainer(), "status", lambda: READY)
    with own_experiments():
        runs.prepare()  # takes seconds the first time, which are none of a page's
        look_as(monkeypatch, ANN)
        yield
        for each in runs.active():
            runs.end(each.run_id, "stopped")


def spec_of(filters: int) -> ComparisonSpec:
    """Tells whose a comparison is by its number of filters."""
    return PRESETS["small"].with_setting("model.blocks.0.filters", filters)


def trains(visitor: str, filters: int, status: str = "training") -> dict[Role, str]:
    """Role → run of a new comparison of a visitor, in this process."""
    identity = uuid.uuid4().hex
    ids = {
        role: runs.create(role, identity, each, visitor=visitor)
        for role, each in spec_of(filters).runs().items()
    }
    for run_id in ids.values():
        if status == "training":
            runs.start(run_id, "CPU")
        elif status != "waiting":
            runs.end(run_id, status)
    return ids


def says(app: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "success", "warning", "error", "subheader")
    return "\n".join(str(each.value) for kind in kinds for each in app.main.get(kind))


def enabled(app: AppTest) -> set[str]:
    return {button.key for button in app.main.button if button.key in BUTTONS and not button.disabled}


def comparison_of(run_ids: dict[Role, str]) -> str:
    return runs.get(run_ids["model"]).comparison


# The Lab


def test_the_lab_follows_ones_own_newest_comparison_and_never_anothers(monkeypatch):
    trains(ANN, 5)
    trains(BEN, 6)
    app = opened("lab")
    assert "Showing: **CNN 5-16**" in says(app)
    trains(BEN, 7)
    assert "Showing: **CNN 5-16**" in says(run(app))
    trains(ANN, 9)
    assert "Showing: **CNN 9-16**" in says(run(app))
    look_as(monkeypatch, BEN)
    assert "Showing: **CNN 7-16**" in says(opened("lab"))


def test_who_has_trained_nothing_is_shown_nothing_and_can_choose_others():
    bens = trains(BEN, 6)
    app = opened("lab")
    assert "Nothing of yours has been trained yet." in says(app)
    assert "You have trained nothing yet. Press Train" in says(app)
    assert enabled(app) == {"train", "new_seed"}
    box = app.selectbox(key="chosen_comparison")
    assert box.value is None and all(BENS_NAME in option for option in box.options)
    box.set_value(comparison_of(bens))
    run(app)
    assert f"Showing, of {BENS_NAME}: **CNN 6-16**" in says(app)
    trains(BEN, 7)
    assert "**CNN 6-16**" in says(run(app)), "what was chosen stays"


def test_once_one_trains_ones_own_is_shown_in_place_of_anothers():
    bens = trains(BEN, 6)
    app = opened("lab", comparison=comparison_of(bens))
    assert f"of {BENS_NAME}" in says(app)
    made = []

    def submit(comparison, pinned, worker, visitor) -> None:
        made.append(trains(visitor, 9))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(trainer().trainings, "submit", submit)
        press(app, "train")
    assert made and "Showing: **CNN 9-16**" in says(app)


def test_anothers_training_can_be_looked_at_and_listens_to_its_own_visitor_alone(monkeypatch):
    bens = trains(BEN, 6)
    app = opened("lab", comparison=comparison_of(bens))
    assert f"{BENS_NAME} trains this: nobody else can pause or stop it." in says(app)
    assert enabled(app) == {"train", "new_seed", "rewind"}
    look_as(monkeypatch, BEN)
    app = opened("lab", comparison=comparison_of(bens))
    assert "nobody else" not in says(app)
    press(app, "stop")
    assert {stored_orders(run_id) for run_id in bens.values()} == {Orders(stop=True)}


def test_an_ended_training_of_another_is_not_continued_but_can_be_rewound():
    bens = trains(BEN, 6, "stopped")
    app = opened("lab", comparison=comparison_of(bens))
    assert enabled(app) == {"train", "new_seed", "rewind"}
    assert "trains this" not in says(app)
    anns = trains(ANN, 5, "stopped")
    assert "continue" in enabled(opened("lab", comparison=comparison_of(anns)))


def test_stop_ends_ones_own_training_and_not_a_pinned_or_other_one():
    anns, bens = trains(ANN, 5), trains(BEN, 6)
    press(opened("lab"), "stop")
    assert {stored_orders(run_id) for run_id in anns.values()} == {Orders(stop=True)}
    assert {stored_orders(run_id) for run_id in bens.values()} == {None}


def test_a_learning_rate_reaches_ones_own_trainings_alone():
    anns, bens = trains(ANN, 5), trains(BEN, 6)
    app = opened("lab")
    app.number_input(key="learning_rate").set_value(0.01)
    run(app)
    assert {stored_orders(run_id) for run_id in anns.values()} == {Orders(learning_rate=0.01)}
    assert {stored_orders(run_id) for run_id in bens.values()} == {None}


def test_what_no_visitor_started_listens_to_everyone_on_ones_own_machine_and_to_nobody_elsewhere(monkeypatch):
    nobodys = trains("", 6)
    at_home = opened("lab")
    assert "Showing: **CNN 6-16**" in says(at_home) and "stop" in enabled(at_home)
    reachable_by_others(monkeypatch)
    app = opened("lab", comparison=comparison_of(nobodys))
    assert "Showing, of no visitor: **CNN 6-16**" in says(app)
    assert visitor.NOBODYS in says(app) and "stop" not in enabled(app)


OWNERS = {
    "a Dask cluster": "",
    "a process elsewhere": Process(host="elsewhere.example.org", pid=1, created=1).model_dump_json(),
    "a dead process": this_process().model_copy(update={"created": 1}).model_dump_json(),
}


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("who", [BEN, "", ANN])
def test_no_training_wherever_it_runs_disables_anybodys_train_button(owner, who):
    for run_id in trains(who, 6, "waiting").values():
        store.client().set_tag(run_id, tags.OWNER, OWNERS[owner])
    assert {"train", "new_seed"} <= enabled(opened("lab"))


# What is started belongs to who started it


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The visitors for whom the pages start something; nothing is trained."""
    visitors: list[str] = []
    monkeypatch.setattr(trainer().trainings, "submit", lambda *given: visitors.append(given[3]))
    monkeypatch.setattr(trainer().trainings, "tweak", lambda *given: visitors.append(given[2]))

    def start(study: Study, visitor: str) -> str:
        visitors.append(visitor)
        return runs.create_study(study.kind, study.title, study.model_dump_json().encode(), visitor)

    monkeypatch.setattr(study_queue(), "submit", start)
    return visitors


@pytest.mark.parametrize("key", ["train", "new_seed", "rewind"])
def test_a_training_belongs_to_who_pressed_the_button(submitted, key):
    trains(ANN, 5, "stopped")
    press(opened("lab"), key)
    assert submitted == [ANN]


def test_a_tweak_belongs_to_who_moved_the_control(submitted):
    app = opened("lab", tweak="true")
    app.select_slider(key="filters").set_value(24)
    run(app)
    assert submitted == [ANN]


def test_the_ghost_of_a_tweak_is_ones_own_earlier_run(submitted):
    anns = trains(ANN, 5, "stopped")
    trains(BEN, 6, "stopped")
    app = opened("lab", tweak="true")
    app.select_slider(key="filters").set_value(24)
    run(app)
    assert app.session_state["ghost"] == anns["model"]


# Studies and exercises


def stored_study(visitor: str) -> str:
    study = plan.seeds(SMALL, 3)
    return runs.create_study(study.kind, study.title, study.model_dump_json().encode(), visitor)


def test_a_study_belongs_to_who_started_it_and_is_shown_before_everyone_elses(submitted):
    app = opened("studies")
    press(app, "study_start")
    assert submitted == [ANN]
    stored_study(BEN)
    box = opened("studies").selectbox(key="chosen_study")
    assert runs.study(box.value).visitor == ANN
    assert [BENS_NAME in option for option in box.options] == [False, True]


def test_anothers_study_can_be_looked_at_and_has_no_buttons(monkeypatch):
    bens = stored_study(BEN)
    app = opened("studies", study=bens)
    assert f"{BENS_NAME} has started this: nobody else can stop it or train more." in says(app)
    assert not [button for button in app.main.button if button.key in ("study_stop", "study_play_arrow")]
    look_as(monkeypatch, BEN)
    app = opened("studies", study=bens)
    assert "nobody else" not in says(app)
    assert not app.main.button(key="study_play_arrow").disabled


def test_an_exercise_that_another_has_answered_asks_for_ones_own_prediction(monkeypatch, submitted):
    card = "01-half-the-filters"

    def predicts(prediction: str) -> AppTest:
        app = opened("learn", lesson=card)
        app.main.segmented_control(key=f"predicted_{card}").set_value(prediction)
        run(app)
        press(app, "exercise_start")
        return app

    assert "You said: **" in says(predicts("worse"))
    look_as(monkeypatch, BEN)
    app = opened("learn", lesson=card)
    assert "You said" not in says(app)
    assert "You said: **" in says(predicts("worse"))
    assert submitted == [ANN, BEN]


# Pickers


def test_ones_own_are_listed_first_and_however_old_they_are():
    anns = [trains(ANN, filters, "stopped") for filters in (3, 4)]
    bens = [trains(BEN, filters, "stopped") for filters in (5, 6, 7)]
    listed = [each.run_id for each in newest_runs(2, "model")]
    assert listed == [ids["model"] for ids in (anns[1], anns[0], bens[2], bens[1])]
    listed = [each.run_id for each in newest_runs(50, "model")]
    assert listed == [ids["model"] for ids in (*anns[::-1], *bens[::-1])]
    studies = [stored_study(who) for who in (ANN, BEN, BEN)]
    assert [each.study_id for each in newest_studies(1)] == [studies[0], studies[2]]


def test_without_company_the_newest_are_the_newest():
    made = [trains(who, 5, "stopped")["model"] for who in (ANN, "", ANN, "")]
    assert [each.run_id for each in newest_runs(50, "model")] == made[::-1]


def test_compare_begins_with_ones_own_newest_comparison_and_says_whose_others_are():
    anns = trains(ANN, 5, "stopped")
    bens = trains(BEN, 6, "stopped")
    app = opened("compare")
    assert set(app.query_params["runs"].split(",")) == set(anns.values())
    options = app.multiselect(key="compared_runs").options
    assert sum(BENS_NAME in option for option in options) == 2 and ANNS_NAME not in str(options)
    assert f"started by {BENS_NAME}" in says(opened("run", run=bens["model"]))
    assert "started by" not in says(opened("run", run=anns["model"]))


# The page Runs


def names(app: AppTest) -> list[str]:
    return app.main.dataframe[0].value["Name"].tolist() if app.main.dataframe else []


@pytest.mark.parametrize("owners", [[ANN, ANN], [ANN, ""], ["", ""]])
def test_without_company_the_page_runs_has_no_choice_of_whose(owners):
    for owner in owners:
        trains(owner, 5, "stopped")
    app = opened("runs")
    assert len(names(app)) == 4
    assert "runs_whose" not in [each.key for each in app.main.segmented_control]


def test_in_company_the_page_runs_begins_with_ones_own_and_shows_everyones():
    for owner, filters in ((ANN, 5), (BEN, 6), ("", 7)):
        trains(owner, filters, "stopped")
    app = opened("runs")
    assert app.segmented_control(key="runs_whose").value == "Mine"
    assert sorted(name for name in names(app) if name.startswith("CNN")) == ["CNN 5-16", "CNN 7-16"]
    app.segmented_control(key="runs_whose").set_value("Everyone's")
    run(app)
    assert len(names(app)) == 6
    by_name = app.main.dataframe[0].value.set_index("Name")["By"]
    assert [by_name[f"CNN {filters}-16"] for filters in (5, 6, 7)] == [ANNS_NAME, BENS_NAME, "no visitor"]


def test_where_others_can_come_the_runs_of_no_visitor_are_everyones_and_not_mine(monkeypatch):
    for owner, filters in ((ANN, 5), (BEN, 6), ("", 7)):
        trains(owner, filters, "stopped")
    reachable_by_others(monkeypatch)
    app = opened("runs")
    assert [name for name in names(app) if name.startswith("CNN")] == ["CNN 5-16"]


def test_a_new_visitor_sees_everyones_and_a_view_without_ones_own_leads_to_them():
    trains(BEN, 6, "stopped")
    app = opened("runs")
    assert app.segmented_control(key="runs_whose").value == "Everyone's" and len(names(app)) == 2
    app.segmented_control(key="runs_whose").set_value("Mine")
    run(app)
    assert "You have trained nothing that is in this view." in says(app)
    press(app, "everyones_runs")
    assert len(names(app)) == 2
