"""Orders to trainings under way, and trainings that go on: through the real local trainer."""

import time

import numpy as np
import pytest

from cnnlab import runs
from cnnlab.data.split import steps_per_epoch
from cnnlab.errors import RunNotReady
from cnnlab.models.portable import from_keras_file
from cnnlab.runs import Run
from cnnlab.runs.recorder import FLUSH_SECONDS
from cnnlab.spec import PRESETS, ComparisonSpec
from cnnlab.trainer.trainer import Trainer
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("trainer")

SMALL = PRESETS["small"].with_setting("data.images", 300).with_setting("model.dropout", 0.2)
LONG = SMALL.with_setting("training.batch_size", 4).with_setting("training.epochs", 500)


def start(trainer: Trainer, comparison: ComparisonSpec) -> str:
    """Submits the model alone; returns its run, which has reported training steps."""
    run_id = runs.members(trainer.trainings.submit(comparison.model_copy(update={"baseline": None})))[
        "model"
    ].run_id
    wait_until(lambda: "images_per_second" in runs.get(run_id).metrics or not runs.get(run_id).active)
    return run_id


def ended(run_id: str) -> Run:
    wait_until(lambda: not runs.get(run_id).active)
    return runs.get(run_id)


def steps(run_id: str) -> int:
    return int(runs.curves([run_id])["step"].max())


def weights(run_id: str) -> list[np.ndarray]:
    return from_keras_file(runs.model_content(run_id)).get_weights()


def active() -> list[Run]:
    """What trains or waits here; other tests leave waiting runs in the store."""
    return [run for run in runs.active() if run.spec.training == LONG.training]


def paused(run_id: str) -> bool:
    return runs.get(run_id).note == "paused"


@pytest.fixture
def long_run(trainer: Trainer):
    run_id = start(trainer, LONG)
    yield run_id
    trainer.trainings.order([run_id], stop=True)
    ended(run_id)


def test_a_pause_holds_the_steps_and_resume_lets_them_go_on(trainer: Trainer, long_run):
    trainer.trainings.order([long_run], paused=True)
    wait_until(lambda: paused(long_run))
    time.sleep(2 * FLUSH_SECONDS)  # until the last steps are stored
    held = steps(long_run)
    assert runs.get(long_run).status == "training"
    with pytest.raises(AssertionError):
        wait_until(lambda: steps(long_run) > held, seconds=1)

    trainer.trainings.order([long_run], paused=False)
    wait_until(lambda: steps(long_run) > held)
    assert runs.get(long_run).note == ""


def test_a_step_trains_to_the_end_of_the_epoch_and_pauses(trainer: Trainer, long_run):
    trainer.trainings.order([long_run], paused=True)
    wait_until(lambda: paused(long_run))
    time.sleep(2 * FLUSH_SECONDS)
    an_epoch = steps_per_epoch(LONG.runs()["model"])
    done = steps(long_run) // an_epoch
    trainer.trainings.order([long_run], paused=False, pause_after=done + 1)
    wait_until(lambda: steps(long_run) >= (done + 1) * an_epoch and paused(long_run))
    assert steps(long_run) == (done + 1) * an_epoch


def test_a_paused_training_can_be_stopped_and_is_tested(trainer: Trainer, long_run):
    trainer.trainings.order([long_run], paused=True)
    wait_until(lambda: paused(long_run))
    trainer.trainings.order([long_run], stop=True)
    run = ended(long_run)
    assert (run.status, run.note) == ("stopped", "")
    assert 0 <= run.metrics["test_accuracy"] <= 1


def test_the_learning_rate_changes_while_the_training_goes_on(trainer: Trainer, long_run):
    before = steps(long_run)
    trainer.trainings.order([long_run], learning_rate=0.00025)
    wait_until(lambda: runs.get(long_run).metrics["learning_rate"] == 0.00025)
    wait_until(lambda: steps(long_run) > before)
    rates = runs.curves([long_run]).query("metric == 'learning_rate'")["value"]
    assert rates.drop_duplicates().tolist() == [0.001, 0.00025]


@pytest.mark.parametrize("optimizer", ["adam", "momentum"])
def test_continuing_a_stopped_training_equals_training_without_the_stop(trainer: Trainer, optimizer):
    """Stopped in mid-epoch; dropout and the optimizer's moments go on too."""
    spec = SMALL.with_setting("training.optimizer", optimizer).with_setting("training.epochs", 60)
    interrupted = start(trainer, spec)
    trainer.trainings.order([interrupted], stop=True)
    stopped = ended(interrupted)
    done = steps(interrupted)
    total = 60 * steps_per_epoch(stopped.spec)
    assert stopped.status == "stopped" and 0 < done < total

    trainer.trainings.resume([interrupted], epochs=0)
    continued = ended(interrupted)
    assert (continued.status, continued.reason) == ("finished", "")
    assert steps(interrupted) == total

    whole = start(trainer, spec)
    assert ended(whole).status == "finished"
    for one, other in zip(weights(interrupted), weights(whole), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    last = [runs.get(run_id).metrics["val_loss"] for run_id in (interrupted, whole)]
    assert last[0] == pytest.approx(last[1], rel=1e-4)
    assert runs.kernels(interrupted)["epochs"].tolist() == runs.kernels(whole)["epochs"].tolist()


def test_a_finished_training_goes_on_for_more_epochs_with_its_curves_and_its_count(trainer: Trainer):
    run_id = start(trainer, SMALL.with_setting("training.epochs", 2))
    finished = ended(run_id)
    an_epoch = steps_per_epoch(finished.spec)
    before = len(runs.curves([run_id]))
    trainer.trainings.resume([run_id], epochs=3)
    run = ended(run_id)
    assert run.status == "finished" and run.spec.training.epochs == 5
    assert steps(run_id) == 5 * an_epoch
    assert len(runs.curves([run_id])) > before
    assert run.metrics["seconds"] > finished.metrics["seconds"]
    assert runs.kernels(run_id)["epochs"].tolist() == [0, 1, 2, 3, 4, 5]


def test_what_trains_cannot_be_continued(trainer: Trainer, long_run):
    with pytest.raises(RunNotReady, match="it is training"):
        trainer.trainings.resume([long_run], epochs=1)


def test_a_loss_that_is_no_number_ends_the_training_and_names_the_control(trainer: Trainer):
    wild = SMALL.with_setting("training.learning_rate", 10.0).with_setting("training.optimizer", "sgd")
    run = ended(
        start(trainer, wild.with_setting("model.activation", "linear").with_setting("training.epochs", 50))
    )
    assert run.status == "failed"
    assert "no longer a finite number at step" in run.reason and "lower 'Learning rate' from 10" in run.reason
    curve = runs.curves([run.run_id]).query("metric == 'loss'")["value"]
    assert np.isfinite(curve.iloc[0]) and not np.isfinite(curve.iloc[-1])


@pytest.fixture
def stopped_at_the_end(trainer: Trainer):
    """Whatever comes of the test, it leaves no training to the next one."""
    yield
    trainer.trainings.order([run.run_id for run in active()], stop=True)
    wait_until(lambda: not active())


@pytest.mark.usefixtures("stopped_at_the_end")
def test_many_tweaks_leave_one_training_and_one_baseline_and_hide_what_they_superseded(trainer: Trainer):
    last = None
    for filters in range(8, 38):
        tweaked = LONG.with_setting("model.blocks.0.filters", filters)
        last = trainer.trainings.tweak(tweaked)
    # A worker that takes up a run in the moment in which it is superseded lets it go a moment later.
    wait_until(lambda: [run.comparison for run in active() if run.role == "model"] == [last])
    wait_until(lambda: [run.role for run in active()].count("baseline") <= 1)
    model = runs.members(last)["model"]
    assert model.spec.model.blocks[0].filters == 37

    members = runs.members(last)
    assert members["baseline"].spec == LONG.runs()["baseline"]
    listed = [run for run in runs.recent(100, role="model") if run.spec.training == LONG.training]
    assert [run.run_id for run in listed if run.started >= members["baseline"].started] == [model.run_id]

    trainer.trainings.order([run.run_id for run in active()], stop=True)
    wait_until(lambda: not active())
    wait_until(lambda: not any(trainer.connection.task_keys().values()))  # no orphaned tasks


@pytest.mark.usefixtures("stopped_at_the_end")
def test_a_tweak_replaces_ones_own_training_and_leans_on_none_of_another_visitor(trainer: Trainer):
    bens = trainer.trainings.submit(LONG, visitor="ben")
    anns = [
        trainer.trainings.tweak(LONG.with_setting("model.blocks.0.filters", filters), visitor="ann")
        for filters in (9, 10)
    ]
    baseline = runs.members(anns[1])["baseline"]
    assert (baseline.comparison, baseline.visitor) == (anns[0], "ann")
    wait_until(lambda: not runs.members(anns[0])["model"].active)
    assert all(run.active for run in runs.members(bens).values())


def test_a_pinned_run_takes_the_place_of_the_baseline(trainer: Trainer):
    rival = ended(start(trainer, SMALL.with_setting("training.epochs", 1)))
    comparison = trainer.trainings.submit(SMALL.with_setting("training.epochs", 1), pinned=rival.run_id)
    members = runs.members(comparison)
    ended(members["model"].run_id)
    assert members["baseline"].run_id == rival.run_id
    assert members["model"].compared_with == rival.run_id


def test_workers_tell_their_device_their_memory_and_what_they_train(trainer: Trainer, long_run):
    workers = trainer.workers()
    assert [worker.name for worker in workers] == ["worker-1", "worker-2"]
    assert all(worker.device.used_bytes > 100 * 2**20 for worker in workers)
    assert sorted(run_id for worker in workers for run_id in worker.trains) == [long_run]


def test_a_training_runs_on_the_worker_that_was_chosen(trainer: Trainer):
    chosen = trainer.workers()[1]
    comparison = trainer.trainings.submit(LONG, worker=chosen.address)
    ids = [run.run_id for run in runs.members(comparison).values()]
    wait_until(lambda: any(worker.trains for worker in trainer.workers()))
    assert [worker.name for worker in trainer.workers() if worker.trains] == [chosen.name]
    trainer.trainings.order(ids, stop=True)
    wait_until(lambda: not any(runs.get(run_id).active for run_id in ids))
