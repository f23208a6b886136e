import json
import math
import os
import socket
import subprocess
import sys

import numpy as np
import pandas as pd
import psutil
import pytest

from cnnlab import runs
from cnnlab.errors import RunNotFound, RunNotReady
from cnnlab.models.build import build
from cnnlab.runs import edits, recorder, store
from cnnlab.runs.mlflow_reader import MlflowReader
from cnnlab.spec import PRESETS, RunSpec, flatten

SPEC = PRESETS["small"].runs()["model"]
BASELINE = PRESETS["small"].runs()["baseline"]


def new_run(comparison: str = "comparison", role: str = "model", spec: RunSpec = SPEC) -> str:
    return runs.create(role, comparison, spec)


def write(run_id: str, *reports: tuple[int, dict[str, float]]) -> None:
    writer = recorder.Recorder(run_id, epochs=5)
    for step, values in reports:
        writer.metrics(step, values)
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


def test_reports_reach_the_store_while_the_training_goes_on():
    run_id = new_run()
    writer = recorder.Recorder(run_id, epochs=5)
    try:
        writer.metrics(0, {"loss": 2.3})
        writer._closing.wait(1.5)
        assert values_of(runs.curves([run_id]), "loss") == [2.3]
    finally:
        writer.close()


def test_what_goes_wrong_while_writing_reaches_the_training():
    writer = recorder.Recorder(new_run(), epochs=5)
    writer.run_id = "nowhere"
    writer.metrics(0, {"loss": 1.0})
    with pytest.raises(Exception, match="nowhere"):
        writer.close()
    with pytest.raises(Exception, match="nowhere"):
        writer.metrics(1, {"loss": 1.0})


def snapshots(epochs: int) -> dict[str, np.ndarray]:
    run_id = new_run()
    writer = recorder.Recorder(run_id, epochs=5)
    for epoch in range(epochs + 1):
        writer.snapshot(epoch, {"conv_1": np.full((2, 2), epoch, np.float32)})
    writer.close()
    return runs.kernels(run_id)


@pytest.mark.parametrize("epochs", [0, 3, recorder.MAX_SNAPSHOTS - 1])
def test_kernels_of_a_short_training_are_kept_of_every_epoch(epochs):
    kept = snapshots(epochs)
    assert kept["epochs"].tolist() == list(range(epochs + 1))
    assert kept["conv_1"].shape == (epochs + 1, 2, 2) and kept["conv_1"].dtype == np.float32


@pytest.mark.parametrize("more", [0, 1, 2, 61, 62, 440])
def test_kernels_of_a_long_training_are_thinned_but_the_first_and_last_stay(more):
    epochs = recorder.MAX_SNAPSHOTS + more
    kept = snapshots(epochs)
    numbers = kept["epochs"].tolist()
    assert len(numbers) <= recorder.MAX_SNAPSHOTS
    assert numbers == sorted(set(numbers))
    assert (numbers[0], numbers[-1]) == (0, epochs)
    assert kept["conv_1"][:, 0, 0].tolist() == numbers, "each epoch with its own kernels"


def stored_weights(epochs: int, reported: int, size: int = 1) -> tuple[str, list[int]]:
    """A run that planned so many epochs and reported so many; the epochs whose weights were stored."""
    run_id = new_run()
    writer = recorder.Recorder(run_id, epochs)
    for epoch in range(reported + 1):
        writer.weights(epoch, [np.full(size, epoch, np.float32), np.zeros((2, 3), np.float32)])
    writer.close()
    return run_id, runs.weight_epochs(run_id)


def test_weights_of_a_short_training_are_stored_at_every_epoch():
    run_id, epochs = stored_weights(epochs=3, reported=3)
    assert epochs == [0, 1, 2, 3]
    first, second = runs.read_weights(runs.weights_file(run_id, 2))
    assert first.tolist() == [2.0] and second.shape == (2, 3) and first.dtype == np.float32


@pytest.mark.parametrize("epochs, reported", [(31, 31), (100, 100), (100, 71), (500, 499)])
def test_weights_of_a_long_training_are_thinned_but_the_first_and_last_stay(epochs, reported):
    _, stored = stored_weights(epochs, reported)
    assert len(stored) <= recorder.MOST_WEIGHTS + 2
    assert (stored[0], stored[-1]) == (0, reported)


def test_weights_of_a_large_network_are_stored_at_fewer_epochs(monkeypatch):
    monkeypatch.setattr(recorder, "MOST_WEIGHT_BYTES", 40_000)
    _, stored = stored_weights(epochs=20, reported=20, size=2000)  # 8,024 bytes an epoch: four of them
    assert stored == [0, 5, 10, 15, 20]


def test_artifacts_are_read_where_they_lie_and_not_copied():
    run_id, _ = stored_weights(epochs=1, reported=1)
    assert runs.weights_file(run_id, 1) == runs.weights_file(run_id, 1)


def test_weights_that_are_not_stored_are_said_to_be_missing():
    run_id, _ = stored_weights(epochs=1, reported=1)
    with pytest.raises(RunNotFound, match="epoch_00007"):
        runs.weights_file(run_id, 7)
    assert runs.weight_epochs(new_run()) == []


def test_the_network_and_its_predictions_are_stored_under_their_names():
    import keras

    run_id = new_run()
    network = build(SPEC.model, (28, 28, 1), 10)
    probabilities, labels = np.eye(10, dtype=np.float32), np.arange(10)
    writer = recorder.Recorder(run_id, epochs=5)
    writer.model(network)
    writer.predictions(probabilities, labels)
    writer.snapshot(0, {"conv_1": np.zeros((1,))})
    writer.close()
    names = {artifact.path for artifact in store.client().list_artifacts(run_id)}
    assert names == {"spec.json", "model.keras", "test_predictions.npz", "kernels.npz"}
    stored = runs.predictions(run_id)
    np.testing.assert_array_equal(stored["probabilities"], probabilities)
    np.testing.assert_array_equal(stored["labels"], labels)
    loaded = keras.models.load_model(store.client().download_artifacts(run_id, "model.keras"))
    np.testing.assert_array_equal(loaded.get_weights()[0], network.get_weights()[0])


@pytest.mark.parametrize(
    ("read", "name"), [(runs.kernels, "kernels"), (runs.predictions, "test_predictions")]
)
def test_an_artifact_that_is_missing_is_answered_with_a_sentence(read, name):
    with pytest.raises(RunNotFound, match=f"The run has no '{name}.npz'"):
        read(new_run())


def claim(run_id: str, **owner) -> str:
    store.client().set_tag(run_id, "cnnlab.owner", json.dumps(owner))
    return run_id


def test_only_unfinished_runs_of_dead_processes_here_are_given_an_end():
    dead = subprocess.Popen([sys.executable, "-c", ""])
    created = int(psutil.Process(dead.pid).create_time())
    dead.wait()
    here = {"host": socket.gethostname(), "pid": dead.pid, "created": created}
    orphan, training = claim(new_run(), **here), claim(new_run(), **here)
    runs.start(training, "CPU")
    finished = claim(new_run(), **here)
    runs.end(finished, "finished")
    elsewhere = claim(new_run(), **here | {"host": "another-machine"})
    reborn = claim(new_run(), host=socket.gethostname(), pid=psutil.Process().pid, created=0)
    ours = new_run()
    runs.end_orphans()
    assert {runs.get(run_id).status for run_id in (orphan, training, reborn)} == {"failed"}
    assert runs.get(orphan).reason == "The program that trained this run was closed."
    assert runs.get(finished).status == "finished"
    assert {runs.get(run_id).status for run_id in (elsewhere, ours)} == {"waiting"}


def test_a_run_that_someone_else_began_is_not_an_orphan_of_ours():
    foreign = store.client().create_run(store.experiment()).info.run_id
    runs.end_orphans()
    assert store.client().get_run(foreign).info.status == "RUNNING"


def test_without_a_setting_the_store_is_sqlite_in_the_runs_folder(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert store.store_uri() == f"sqlite:///{store.RUNS_FOLDER.as_posix()}/mlflow.db"
    assert store.RUNS_FOLDER.name == "runs"
    assert (store.RUNS_FOLDER.parent / "cnnlab").is_dir()


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
