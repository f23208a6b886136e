"""Studies through the real local trainer: tiny networks on few images."""

from collections.abc import Iterator

import pytest

from cnnlab import runs
from cnnlab.errors import SettingsRefused
from cnnlab.spec import ComparisonSpec
from cnnlab.studies import plan
from cnnlab.studies import progress as study_runs
from cnnlab.studies.plan import AS_SET
from cnnlab.studies.progress import Progress
from cnnlab.studies.queue import StudyQueue
from cnnlab.trainer.trainer import Trainer
from tests.small_trainings import TINY
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("trainer")

LONG = TINY.with_setting("training.batch_size", 2).with_setting("training.epochs", 500)


@pytest.fixture(scope="module")
def queue(trainer: Trainer) -> StudyQueue:
    """The queue of all tests here."""
    return StudyQueue(trainer)


def seeded(seed: int, spec: ComparisonSpec = TINY) -> ComparisonSpec:
    """Each test has seeds of its own: a finished run with the same settings would replace a training."""
    return spec.with_setting("training.seed", seed)


def ended(study_id: str, seconds: float = 90) -> Progress:
    wait_until(lambda: not study_runs.read(study_id).active, seconds)
    return study_runs.read(study_id)


@pytest.fixture
def long_study(queue: StudyQueue) -> Iterator[str]:
    """A study of six trainings, two of which are under way."""
    study_id = queue.submit(plan.seeds(seeded(9000, LONG), 3), "ann")
    wait_until(lambda: sum("images_per_second" in run.metrics for run in runs.of_study(study_id)) == 2)
    yield study_id
    queue.stop(study_id)
    ended(study_id)


def test_a_study_of_seeds_trains_both_networks_with_each_of_them(queue: StudyQueue):
    study_id = queue.submit(plan.seeds(seeded(100), 3))
    at_once = study_runs.read(study_id)
    assert len(at_once.by_key) == 6, "all runs are there from the beginning"
    done = ended(study_id)
    assert done.missing == [] and len(done.finished) == 6
    for arm, (model, baseline) in done.pairs().items():
        assert arm == f"seed {model.spec.training.seed}" == f"seed {baseline.spec.training.seed}"
        assert (model.name, baseline.name) == (f"CNN 2-3, {arm}", f"Dense 8, {arm}")
        assert model.study == study_id and model.arm == arm
        assert runs.members(model.comparison) == {"model": model, "baseline": baseline}
        assert 0 <= model.metrics["test_accuracy"] <= 1
    assert not {run.study for run in runs.recent(50)} & {study_id}, "the page Lab would follow them"


def test_rivals_share_one_cnn_and_each_is_a_comparison_of_its_own(queue: StudyQueue):
    comparison = seeded(300)
    done = ended(queue.submit(plan.parts(comparison, ["params", "none", "average"])))
    models = {model.run_id for model, _ in done.pairs().values()}
    assert len(done.pairs()) == 3 and len(models) == 1
    assert sum(run.role == "model" for run in runs.of_study(done.study_id)) == 1
    comparisons = {rival.comparison for _, rival in done.pairs().values()}
    assert len(comparisons) == 3
    for model, rival in done.pairs().values():
        assert rival.compared_with == model.run_id
        assert runs.members(rival.comparison) == {"model": model, "baseline": rival}


def test_a_finished_run_with_the_very_same_settings_is_not_trained_again(trainer: Trainer, queue: StudyQueue):
    comparison = seeded(400)
    model = runs.members(trainer.trainings.submit(comparison))["model"].run_id
    wait_until(lambda: not runs.get(model).active)
    done = ended(queue.submit(plan.parts(comparison, ["min"])))
    assert done.run(AS_SET, "model").run_id == model
    assert [run.role for run in runs.of_study(done.study_id)] == ["baseline"]
    again = study_runs.read(queue.submit(done.study.model_copy()))
    assert again.active == [] and again.missing == []
    assert again.pair("with min pooling") == done.pair("with min pooling")


def test_stop_ends_what_trains_and_withdraws_what_waits(trainer: Trainer, queue: StudyQueue, long_study):
    queue.stop(long_study)
    progress = ended(long_study, seconds=20)
    assert [run.status for run in progress.by_key.values()] == ["stopped"] * 6
    assert sum(run.device != "" for run in progress.by_key.values()) == 2, "the others were never begun"
    assert progress.pairs() == {} and len(progress.missing) == 6
    wait_until(lambda: not any(trainer.connection.task_keys().values()))


def test_what_is_missing_can_be_trained_later_beside_what_has_finished(queue: StudyQueue):
    study_id = queue.submit(plan.order(seeded(500)))
    done = ended(study_id)
    [(_, shuffled), *_] = plan.order_arms(done.study)
    lost = done.run(shuffled, "baseline")
    runs.delete([lost.run_id])
    assert [each.key for each in study_runs.read(study_id).missing] == [(shuffled, "baseline")]
    queue.train_missing(study_id)
    again = ended(study_id)
    assert again.missing == []
    found = again.run(shuffled, "baseline")
    kept = again.run(shuffled, "model")
    assert found.run_id != lost.run_id and kept == done.run(shuffled, "model")
    assert runs.members(found.comparison)["model"] == kept


def test_what_a_person_trains_goes_first(trainer: Trainer, queue: StudyQueue, long_study):
    queue.stop(long_study)
    ended(long_study)
    study_id = queue.submit(plan.seeds(seeded(600), 5))
    wait_until(lambda: any(run.status == "training" for run in runs.of_study(study_id)))
    comparison = trainer.trainings.submit(seeded(700))
    begun = sum(run.status != "waiting" for run in runs.of_study(study_id))
    wait_until(lambda: not any(run.active for run in runs.members(comparison).values()))
    ended(study_id)
    mine = began(run.run_id for run in runs.members(comparison).values())
    of_study = began(run.run_id for run in runs.of_study(study_id))
    workers = len(trainer.status().devices)
    assert sum(time < max(mine) for time in of_study) <= begun + workers
    assert begun + workers < len(of_study) == 10


def began(run_ids) -> list[int]:
    """When each run reported first."""
    return [int(runs.curves([run_id])["milliseconds"].min()) for run_id in run_ids]


def test_tweaking_and_a_new_learning_rate_leave_a_study_alone(
    trainer: Trainer, queue: StudyQueue, long_study
):
    tweaked = trainer.trainings.tweak(seeded(800))
    wait_until(lambda: len(runs.members(tweaked)) == 2)
    assert {run.status for run in runs.of_study(long_study)} == {"training", "waiting"}
    queue.stop(long_study)
    wait_until(lambda: not any(run.active for run in runs.members(tweaked).values()))


def test_the_trainings_that_no_worker_has_got_wait_in_the_trainers_queue(trainer: Trainer, long_study: str):
    waiting = trainer.trainings.waiting("study")
    assert len(waiting) == 4 and set(waiting) < {run.run_id for run in runs.of_study(long_study)}
    ahead, under_way = trainer.trainings.place(waiting[3])
    assert list(ahead) == waiting[:3]
    assert {*ahead, *under_way, waiting[3]} == {run.run_id for run in runs.of_study(long_study)}


def test_an_impossible_study_is_refused_and_leaves_nothing(queue: StudyQueue):
    before = runs.studies(1)
    impossible = plan.seeds(TINY.with_setting("data.images", 20_000), 3)
    with pytest.raises(SettingsRefused, match="lower 'Training images'"):
        queue.submit(impossible)
    assert runs.studies(1) == before


def test_the_trainings_of_a_study_belong_to_its_visitor(long_study: str):
    assert {run.visitor for run in runs.of_study(long_study)} == {"ann"}
