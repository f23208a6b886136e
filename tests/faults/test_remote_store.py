"""Runs on a real MLflow server, with their files, over SQLite and over PostgreSQL."""

import io
import tempfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from cnnlab import runs
from cnnlab.data.registry import load
from cnnlab.errors import RunNotFound, StoreUnavailable
from cnnlab.export import script, tables
from cnnlab.models import training
from cnnlab.models.portable import from_keras_file
from cnnlab.runs import edits, patience, store
from cnnlab.runs.recorder import Recorder
from cnnlab.runs.search import finder
from cnnlab.runs.search.query import Query
from cnnlab.spec import PRESETS
from cnnlab.studies import plan, progress
from cnnlab.studies.queue import StudyQueue
from cnnlab.trainer.trainer import Trainer
from cnnlab.worker import answers, train
from tests.dashboard import answer_here, opened
from tests.servers import MlflowServer, mlflow_server
from tests.waiting import wait_until

SMALL = PRESETS["small"].with_setting("data.images", 100).with_setting("training.epochs", 1)


@pytest.fixture(scope="module", params=["SQLite", "PostgreSQL"])
def server(request, tmp_path_factory) -> Iterator[MlflowServer]:
    with mlflow_server(request.param, tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(autouse=True)
def on_the_server(server, monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)


@pytest.fixture(scope="module")
def trained(server) -> dict[str, runs.Run]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MLFLOW_TRACKING_URI", server.address)
        for role, spec in SMALL.runs().items():
            train.train(runs.create(role, "remote", spec))
        return runs.members("remote")


def test_a_training_leaves_all_that_it_leaves_anywhere(trained):
    assert {role: (run.status, run.reason) for role, run in trained.items()} == {
        "model": ("finished", ""),
        "baseline": ("finished", ""),
    }
    for run in trained.values():
        assert runs.weight_epochs(run.run_id) == [0, 1]
        assert runs.has_model(run.run_id)
        assert runs.kernels(run.run_id)["epochs"].tolist() == [0, 1]
        assert {"loss", "val_loss", "learning_rate"} <= set(runs.curves([run.run_id])["metric"])


def test_a_worker_looks_inside_and_gives_what_was_stored(trained):
    run = trained["model"]
    stored = runs.predictions(run.run_id)
    again = answers.probabilities(run.run_id, 1)
    np.testing.assert_allclose(again, stored["probabilities"], rtol=1e-4, atol=1e-6)
    _, accuracy = training.score(stored["probabilities"], stored["labels"])
    assert run.metrics["test_accuracy"] == pytest.approx(accuracy)
    images = load(run.spec.data.dataset, run.spec.data.source)
    np.testing.assert_array_equal(stored["labels"], images.y_test)


def test_reading_leaves_nothing_behind(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # where nothing else writes
    for run in trained.values():
        runs.kernels(run.run_id)
        runs.weights(run.run_id, 1)
        runs.predictions(run.run_id)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("page", ["lab", "inside", "compare", "studies", "runs"])
def test_every_page_shows_them(trained, page, monkeypatch):
    answer_here(monkeypatch)
    app = opened(page)
    assert not app.main.error and not app.main.warning
    shown = " ".join(str(element.value) for element in (*app.main.markdown, *app.main.dataframe))
    assert "CNN 8-16" in shown or page == "studies"


def test_threads_may_read_the_same_file_at_once(trained):
    run_id = trained["model"].run_id
    with ThreadPoolExecutor(8) as threads:
        read = list(threads.map(lambda _number: runs.kernels(run_id)["conv_1"], range(16)))
    assert all(np.array_equal(each, read[0]) for each in read)


def test_a_network_is_built_once_for_all_that_is_asked_of_it(trained):
    run_id = trained["model"].run_id
    assert answers.network(run_id, 1) is answers.network(run_id, 1)


def test_a_file_that_is_there_and_is_not_given_is_not_called_missing(trained, monkeypatch):
    def fail(_run_id: str, _name: str, _folder: str) -> str:
        raise RuntimeError("frozen\nand more")

    monkeypatch.setattr(store.client(), "download_artifacts", fail)
    with pytest.raises(StoreUnavailable, match=r"does not give the file 'kernels.npz' .*: frozen$"):
        runs.kernels(trained["model"].run_id)


def test_what_is_missing_is_a_sentence(trained):
    with pytest.raises(RunNotFound, match="There is no run"):
        runs.get("0" * 32)
    with pytest.raises(RunNotFound, match=r"has no 'weights/epoch_00099\.npz'|has no 'weights"):
        runs.weights(trained["model"].run_id, 99)


def test_a_run_is_continued_found_renamed_deleted_and_restored(trained, capfd):
    run_id = trained["baseline"].run_id
    runs.reopen(run_id, 2)
    train.train(run_id)
    assert capfd.readouterr().out == "", "nothing comes between a command's results"
    assert runs.get(run_id).status == "finished" and runs.weight_epochs(run_id) == [0, 1, 2]
    edits.change(run_id, "a rival", "on another machine")
    assert runs.get(run_id).name == "a rival"
    assert [entry.run_id for entry in finder.find(Query(text="rival machine")).entries] == [run_id]
    runs.delete([run_id])
    assert run_id not in {run.run_id for run in runs.recent()}
    runs.restore([run_id])
    assert run_id in {run.run_id for run in runs.recent()}


@pytest.fixture
def own_trainer() -> Iterator[Trainer]:
    """A trainer whose workers use the server."""
    trainer = Trainer()
    with trainer.running():
        wait_until(lambda: trainer.status().state == "ready", seconds=120)
        yield trainer


def test_workers_train_steer_and_study_there(own_trainer):
    long = SMALL.with_setting("training.epochs", 500).with_setting("data.images", 1000)
    comparison = own_trainer.trainings.submit(long)
    members = [run.run_id for run in runs.members(comparison).values()]
    wait_until(lambda: all("images_per_second" in runs.get(each).metrics for each in members))
    own_trainer.trainings.order(members, paused=True)
    wait_until(lambda: [runs.get(each).note for each in members] == ["paused"] * 2)
    own_trainer.trainings.order(members, paused=False, learning_rate=0.02)
    wait_until(lambda: all(0.02 in set(runs.curves([each])["value"]) for each in members))
    own_trainer.trainings.order(members, stop=True)
    wait_until(lambda: all(runs.get(each).status == "stopped" for each in members))
    study_id = StudyQueue(own_trainer).submit(plan.seeds(SMALL.with_setting("training.seed", 77), 3))
    wait_until(lambda: not progress.read(study_id).active and not own_trainer.trainings.waiting())
    assert {run.status for run in runs.of_study(study_id)} == {"finished"}
    assert len(progress.read(study_id).finished) == 6


def test_all_that_is_handed_out_is_made_from_there(trained):
    of = list(trained.values())
    assert len(tables.curves(of)) > 0 and tables.results(of)["test_accuracy"].notna().all()
    for run in of:
        compile(script.script(run), "script", "exec")
        assert zipfile.is_zipfile(io.BytesIO(script.bundle(run)))
        last = runs.last_weights_epoch(run.run_id)
        again = from_keras_file(answers.keras_file(run.run_id, last))
        for ours, stored in zip(again.get_weights(), runs.weights(run.run_id, last), strict=True):
            np.testing.assert_array_equal(ours, stored)


def test_nothing_is_lost_while_the_server_is_gone(server, trained, monkeypatch):
    run_id = runs.create("model", "gap", SMALL.runs()["model"])
    runs.start(run_id, "CPU")
    recorder = Recorder(run_id, 1)
    recorder.log_metrics(0, {"loss": 1.0})
    server.kill()
    for step in range(1, 4):
        recorder.log_metrics(step, {"loss": 1.0 + step})
    recorder.log_weights(1, [np.ones(3, np.float32)])
    with pytest.raises(StoreUnavailable, match="does not answer"):
        runs.get(run_id)
    server.start()
    recorder.close()
    assert runs.curves([run_id])["value"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert runs.weight_epochs(run_id) == [1]
    runs.end(run_id, "finished")


def test_a_server_that_stays_away_ends_the_training_with_its_sentence(server, trained, monkeypatch):
    run_id = runs.create("model", "lost", SMALL.runs()["model"])
    recorder = Recorder(run_id, 1)
    server.kill()
    monkeypatch.setattr(patience, "PAUSES", (0.1,))
    recorder.log_metrics(0, {"loss": 1.0})
    with pytest.raises(StoreUnavailable, match="start its server"):
        recorder.close()
