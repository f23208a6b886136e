import json
import math
import os
import subprocess
import sys
import uuid
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from mlflow.entities import Metric

from cnnlab import runs, store_address
from cnnlab.errors import RunNotFound, RunNotReady
from cnnlab.runs import edits, recorder, store
from cnnlab.runs.metrics import log_metrics
from cnnlab.runs.mlflow_reader import MlflowReader
from cnnlab.runs.run import read_run
from cnnlab.spec import PRESETS, RunSpec, flatten

SPEC = PRESETS["small"].runs()["model"]
BASELINE = PRESETS["small"].runs()["baseline"]


def new_run(comparison: str = "comparison", role: str = "model", spec: RunSpec = SPEC) -> str:
    return runs.create(role, comparison, spec)


def write(run_id: str, *reports: tuple[int, dict[str, float]]) -> None:
    writer = recorder.Recorder(run_id, epochs=5)
    for step, values in reports:
        writer.log_metrics(step, values)
    writer.close()


def values_of(frame: pd.DataFrame, metric: str) -> list[float]:
    return frame[frame["metric"] == metric]["value"].tolist()


def history_by_mlflow(run_ids: list[str], after: dict[str, int]) -> pd.DataFrame:
    """What `curves` gives for a store that is not SQLite."""
    return runs.curves(run_ids, after, MlflowReader(store.client()))


def test_a_new_run_waits_and_holds_what_it_was_created_with():
    run = runs.get(new_run("first"))
    assert (run.comparison, run.role, run.status, run.reason) == ("first", "model", "waiting", "")
    assert (run.name, run.spec, run.metrics, run.device) == ("CNN 8-16", SPEC, {}, "")
    assert run.active
    assert abs(run.started - pd.Timestamp.now("UTC")) < pd.Timedelta("1min")


def test_a_run_and_a_study_keep_the_visitor_who_started_them():
    assert runs.get(new_run()).visitor == ""
    run_id = runs.create("model", "of a visitor", SPEC, visitor="ann")
    assert runs.get(run_id).visitor == "ann"
    study_id = runs.create_study("seeds", "Of a visitor", b"{}", "ann")
    assert runs.study(study_id).visitor == "ann"


def test_the_store_has_the_layout_that_mlflow_users_see():
    run_id = new_run("layout", "baseline", BASELINE)
    stored = store.client().get_run(run_id)
    assert stored.data.params == {path: str(value) for path, value in flatten(BASELINE).items()}
    assert stored.data.tags["cnnlab.comparison"] == "layout"
    assert stored.data.tags["cnnlab.role"] == "baseline"
    assert stored.info.run_name == "Dense 32"
    assert store.client().get_experiment(stored.info.experiment_id).name == "cnnlab"
    path = store.client().download_artifacts(run_id, "spec.json")
    with open(path) as file:  # noqa: PTH123 a path given as a string
        assert RunSpec.model_validate(json.load(file)) == BASELINE


def test_a_run_is_read_as_mlflow_reads_it():
    run_id = new_run()
    runs.start(run_id, "CPU")
    values = {"loss": 0.25, "val_loss": float("nan"), "test_loss": float("inf"), "accuracy": -1.5}
    log_metrics(run_id, [Metric(key, value, 1000, 7) for key, value in values.items()])
    runs.end(run_id, "finished")
    for each in (run_id, store.client().create_run(store.experiment()).info.run_id):
        read, theirs = store.reader().run(each), store.client().get_run(each)
        assert dict(read.info) == dict(theirs.info)
        assert (read.data.params, read.data.tags) == (theirs.data.params, theirs.data.tags)
        assert repr(sorted(read.data.metrics.items())) == repr(sorted(theirs.data.metrics.items()))
    store.client().delete_run(run_id)
    assert store.reader().run(run_id).info.lifecycle_stage == "deleted"


def test_a_run_goes_from_waiting_to_training_to_its_end():
    run_id = new_run()
    runs.start(run_id, "CPU")
    run = runs.get(run_id)
    assert (run.status, run.device, run.active) == ("training", "CPU", True)
    runs.end(run_id, "finished")
    run = runs.get(run_id)
    assert (run.status, run.active) == ("finished", False)


@pytest.mark.parametrize("status", ["finished", "stopped", "failed"])
def test_the_first_ending_stays(status):
    run_id = new_run()
    runs.end(run_id, status, "the first reason")
    runs.end(run_id, "failed" if status != "failed" else "finished", "a later reason")
    assert (runs.get(run_id).status, runs.get(run_id).reason) == (status, "the first reason")


def test_a_run_that_has_started_or_ended_cannot_be_started_again():
    run_id = new_run()
    runs.start(run_id, "CPU")
    with pytest.raises(RunNotReady, match="cannot be trained again: it is training"):
        runs.start(run_id, "CPU")
    runs.end(run_id, "stopped")
    with pytest.raises(RunNotReady, match="cannot be trained again: it is stopped"):
        runs.start(run_id, "CPU")


def test_a_run_that_does_not_exist_is_answered_with_a_sentence():
    with pytest.raises(RunNotFound, match="There is no run 'nowhere' in the store"):
        runs.get("nowhere")


def test_runs_that_cnnlab_did_not_write_are_left_out():
    foreign = store.client().create_run(store.experiment(), run_name="someone else's").info.run_id
    ours = new_run()
    listed = [run.run_id for run in runs.recent(limit=1000)]
    assert ours in listed and foreign not in listed
    with pytest.raises(RunNotFound, match=f"Run '{foreign}' was not written by cnnlab"):
        runs.get(foreign)


def test_runs_whose_settings_are_no_longer_known_are_left_out():
    tags = {"cnnlab.role": "model", "cnnlab.comparison": "old"}
    old = store.client().create_run(store.experiment(), tags=tags).info.run_id
    store.client().log_param(old, "model.blocks.0.colour", "blue")
    assert runs.members("old") == {}
    assert old not in [run.run_id for run in runs.recent(limit=1000)]


@pytest.mark.parametrize(
    "missing, wrong",
    [
        ("cnnlab.comparison", {}),
        ("", {"cnnlab.role": "teacher"}),
        ("", {"cnnlab.epochs": "many"}),
    ],
)
def test_a_run_whose_tags_are_not_cnnlabs_is_left_out(missing, wrong):
    tags = {"cnnlab.role": "model", "cnnlab.comparison": "odd", "cnnlab.listed": "yes"} | wrong
    tags.pop(missing, None)
    odd = store.client().create_run(store.experiment(), tags=tags).info.run_id
    for path, value in flatten(SPEC).items():
        store.client().log_param(odd, path, value)
    assert odd not in [run.run_id for run in runs.recent(1000) + runs.active()]
    assert runs.members("odd") == {}
    with pytest.raises(RunNotFound, match="was not written by cnnlab"):
        runs.get(odd)


def test_settings_that_contradict_each_other_in_their_paths_are_left_out():
    tags = {"cnnlab.role": "model", "cnnlab.comparison": "crooked", "cnnlab.listed": "yes"}
    odd = store.client().create_run(store.experiment(), tags=tags).info.run_id
    for path in ("model", "model.kind"):
        store.client().log_param(odd, path, "cnn")
    assert runs.members("crooked") == {}


def test_no_comparison_has_a_quote_in_its_name():
    assert runs.members("it's") == {}


def test_tags_are_set_and_taken_away():
    first, second = new_run(), new_run()
    edits.set_tags([first, second], {"keep": "yes", "mlflow.runName": "another"})
    edits.set_tags([first], {"keep": None, "nowhere": None})
    assert "keep" not in store.client().get_run(first).data.tags
    assert store.client().get_run(second).data.tags["keep"] == "yes"
    assert runs.get(first).name == "another"
    with pytest.raises(RunNotFound):
        edits.set_tags(["nowhere"], {"keep": "yes"})


def test_a_deleted_run_leaves_the_lists_until_it_is_restored():
    run_id = new_run("deleted")
    runs.end(run_id, "finished")
    runs.delete([run_id])
    assert runs.members("deleted") == {} and run_id not in [run.run_id for run in runs.recent(1000)]
    runs.restore([run_id])
    assert runs.members("deleted")["model"].run_id == run_id


@pytest.mark.parametrize("status", ["waiting", "training"])
def test_an_active_run_is_not_deleted_nor_are_the_others(status):
    ended, active = new_run("kept"), new_run("kept", "baseline", BASELINE)
    runs.end(ended, "finished")
    if status == "training":
        runs.start(active, "CPU")
    with pytest.raises(RunNotReady, match=f"A run that is {status} cannot be deleted: stop it"):
        runs.delete([ended, active])
    assert len(runs.members("kept")) == 2


def test_the_newest_runs_come_first_and_can_be_asked_for_by_role():
    model, baseline, last = new_run(), new_run(role="baseline", spec=BASELINE), new_run()
    assert [run.run_id for run in runs.recent(3)] == [last, baseline, model]
    assert [run.run_id for run in runs.recent(2, "model")] == [last, model]
    assert runs.recent(1, "baseline")[0].run_id == baseline


def test_the_newest_runs_are_what_they_are_now_though_ended_ones_are_read_once():
    run_id = new_run()

    def newest() -> list[runs.Run]:
        found = runs.recent(10)
        assert found == [
            read for stored in MlflowReader(store.client()).newest(store.experiment(), None, 10)
            if (read := read_run(stored))
        ]  # fmt: skip
        return [run for run in found if run.run_id == run_id]

    assert newest()[0].status == "waiting"
    runs.start(run_id, "CPU")
    write(run_id, (1, {"loss": 2.0}))
    assert (newest()[0].status, newest()[0].metrics) == ("training", {"loss": 2.0})
    write(run_id, (2, {"loss": 1.0}))
    assert newest()[0].metrics == {"loss": 1.0}
    runs.end(run_id, "failed", "The disk is full.")
    assert (newest()[0].status, newest()[0].reason) == ("failed", "The disk is full.")
    edits.change(run_id, "another name", "")
    assert newest()[0].name == "another name"
    runs.hide(run_id)
    assert newest() == []
    edits.list_as({run_id: "yes"})
    runs.delete([run_id])
    assert newest() == []
    runs.restore([run_id])
    assert newest()[0].status == "failed"


def test_an_ended_run_is_read_once(monkeypatch):
    run_id = new_run()
    runs.end(run_id, "finished")
    runs.recent(5)
    asked = []
    monkeypatch.setattr(type(store.reader()), "runs", lambda self, experiment, ids: asked.extend(ids) or [])
    assert run_id in {run.run_id for run in runs.recent(5)}
    assert run_id not in asked


def test_the_members_of_a_comparison_come_by_role_the_model_first():
    assert runs.members("nobody") == {}
    baseline = new_run("pair", "baseline", BASELINE)
    model = new_run("pair", "model")
    new_run("another pair")
    members = runs.members("pair")
    assert list(members) == ["model", "baseline"]
    assert [run.run_id for run in members.values()] == [model, baseline]


def test_no_run_gives_no_curves_in_the_usual_columns():
    for frame in (runs.curves([]), runs.curves([new_run()])):
        assert frame.empty
        assert list(frame) == ["run_id", "metric", "step", "value", "milliseconds"]
        assert frame["step"].dtype == "int64" and frame["value"].dtype == "float64"


def test_curves_hold_every_report_in_order():
    first, second = new_run(), new_run()
    write(first, (0, {"loss": 2.3, "accuracy": 0.1}), (5, {"loss": 1.5}), (9, {"loss": 1.0}))
    write(second, (0, {"loss": 2.4}))
    frame = runs.curves([first, second])
    mine = frame[frame["run_id"] == first]
    assert values_of(mine, "loss") == [2.3, 1.5, 1.0]
    assert mine[mine["metric"] == "loss"]["step"].tolist() == [0, 5, 9]
    assert values_of(mine, "accuracy") == [0.1]
    assert values_of(frame[frame["run_id"] == second], "loss") == [2.4]
    assert mine["milliseconds"].drop_duplicates().is_monotonic_increasing
    assert mine["milliseconds"].nunique() == 3, "each report has a time of its own"


def test_only_what_was_reported_later_is_read_again():
    run_id, other = new_run(), new_run()
    write(run_id, (0, {"loss": 2.3, "accuracy": 0.1}), (5, {"loss": 1.5}))
    write(other, (0, {"loss": 9.0}))
    last = {run_id: int(runs.curves([run_id])["milliseconds"].max())}
    assert runs.curves([run_id], last).empty
    write(run_id, (9, {"loss": 1.0, "accuracy": 0.6}))
    increment = runs.curves([run_id, other], last)
    assert values_of(increment[increment["run_id"] == run_id], "loss") == [1.0]
    assert values_of(increment[increment["run_id"] == other], "loss") == [9.0], "all of a run without a mark"
    pd.testing.assert_frame_equal(increment, history_by_mlflow([run_id, other], last))


def test_values_that_are_not_finite_survive_in_both_readers():
    run_id = new_run()
    infinity = math.inf
    write(run_id, (0, {"loss": math.nan, "rate": 0.5}), (1, {"loss": infinity}), (2, {"loss": -infinity}))
    frame = runs.curves([run_id])
    np.testing.assert_array_equal(values_of(frame, "loss"), [math.nan, infinity, -infinity])
    pd.testing.assert_frame_equal(frame, history_by_mlflow([run_id], {}))
    assert runs.get(run_id).metrics == {"loss": -infinity, "rate": 0.5}


@pytest.mark.parametrize(
    ("read", "name"), [(runs.kernels, "kernels"), (runs.predictions, "test_predictions")]
)
def test_an_artifact_that_is_missing_is_answered_with_a_sentence(read, name):
    with pytest.raises(RunNotFound, match=f"The run has no '{name}.npz'"):
        read(new_run())


def test_without_a_setting_the_store_is_sqlite_in_the_runs_folder(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert store_address.store_uri() == f"sqlite:///{store_address.RUNS_FOLDER.as_posix()}/mlflow.db"
    assert store_address.RUNS_FOLDER.name == "runs"
    assert (store_address.RUNS_FOLDER.parent / "cnnlab").is_dir()


def test_several_processes_can_create_the_same_store_at_once(tmp_path):
    program = "from cnnlab import runs; runs.prepare(); print(len(runs.recent()))"
    environment = {"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/new/mlflow.db"}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program], env=os.environ | environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    assert [process.communicate()[0].strip() for process in started] == ["0"] * 2


def test_an_experiment_that_another_process_creates_in_the_same_moment_is_used(monkeypatch):
    """A dashboard and its workers open a new store at about the same time."""
    name, client = f"raced {uuid.uuid4().hex}", store.client()
    created = client.create_experiment(name)
    answers = [None]
    raced = SimpleNamespace(
        create_experiment=client.create_experiment,
        get_experiment_by_name=lambda name: answers.pop() if answers else client.get_experiment_by_name(name),
    )
    monkeypatch.setattr(store, "client", lambda: raced)
    assert store.experiment(name) == created
