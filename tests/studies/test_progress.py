"""Studies as they stand in the store; nothing is trained here."""

import pytest

from cnnlab import runs
from cnnlab.errors import RunNotFound
from cnnlab.runs import Status, recorder, store
from cnnlab.spec import PRESETS
from cnnlab.studies import plan
from cnnlab.studies import progress as study_runs
from cnnlab.studies.plan import AS_SET, Study, Training
from cnnlab.studies.progress import seconds_left

SMALL = PRESETS["small"].with_setting("data.images", 100)
SEEDS = plan.seeds(SMALL, 3)


def stored(study: Study = SEEDS) -> str:
    return runs.create_study(study.kind, study.title, study.model_dump_json().encode())


def create(study_id: str, training: Training, status: Status | None = None, **metrics: float) -> str:
    """A run of a study: waiting, or ended as it says."""
    run_id = runs.create(
        training.role,
        f"{study_id} {training.arm}",
        training.spec,
        name=training.name,
        study=study_id,
        study_kind="seeds",
        arm=training.arm,
    )
    if status == "training" or metrics:
        runs.start(run_id, "CPU")
    if metrics:
        writer = recorder.Recorder(run_id, epochs=3)
        writer.log_metrics(1, metrics)
        writer.close()
    if status in ("finished", "stopped", "failed"):
        runs.end(run_id, status)
    return run_id


def test_a_study_is_stored_and_read_as_it_was():
    study_id = stored()
    assert study_runs.load(study_id) == SEEDS
    listed = runs.studies(1)[0]
    assert (listed.study_id, listed.kind, listed.title) == (study_id, "seeds", SEEDS.title)
    assert runs.study(study_id) == listed


def test_studies_are_met_by_no_list_of_runs():
    study_id = stored()
    assert study_id not in [run.run_id for run in runs.recent(1000)]
    assert study_id not in [run.run_id for run in runs.active()]


@pytest.mark.parametrize("wrong", ["nowhere", "a run"])
def test_what_is_no_study_is_answered_with_a_sentence(wrong):
    study_id = create("some study", SEEDS.trainings[0]) if wrong == "a run" else wrong
    with pytest.raises(RunNotFound, match=f"There is no study '{study_id}' in the store"):
        study_runs.read(study_id)


def test_a_study_without_runs_lacks_all_of_them():
    progress = study_runs.read(stored())
    assert progress.missing == list(SEEDS.trainings)
    assert progress.by_key == {} and progress.active == [] and progress.pairs() == {}


def test_each_training_finds_its_run_and_pairs_need_both():
    study_id = stored()
    model, baseline, other, waiting = SEEDS.trainings[:4]
    pair = [create(study_id, each, "finished") for each in (model, baseline)]
    create(study_id, other, "finished")
    create(study_id, waiting)
    progress = study_runs.read(study_id)
    assert {arm: [run.run_id for run in both] for arm, both in progress.pairs().items()} == {"seed 0": pair}
    assert [run.arm for run in progress.active] == ["seed 1"]
    assert progress.missing == list(SEEDS.trainings[4:])


@pytest.mark.parametrize("lost", ["stopped", "failed"])
def test_what_was_stopped_or_failed_is_missing_until_it_is_trained_again(lost):
    study_id, training = stored(), SEEDS.trainings[0]
    create(study_id, training, lost)
    assert training in study_runs.read(study_id).missing
    again = create(study_id, training)
    assert [run.run_id for run in study_runs.read(study_id).active] == [again]
    runs.end(again, "finished")
    create(study_id, training, lost)
    assert study_runs.read(study_id).finished[training.key].run_id == again


def test_a_run_that_was_continued_no_longer_answers_for_its_training():
    study_id, training = stored(), SEEDS.trainings[0]
    run_id = create(study_id, training, "finished")
    assert training not in study_runs.read(study_id).missing
    store.client().set_tag(run_id, "cnnlab.epochs", "99")
    assert runs.get(run_id).spec.training.epochs == 99
    assert training in study_runs.read(study_id).missing


def test_a_run_of_before_stands_in_until_it_is_deleted():
    parts = plan.parts(SMALL, ["params"])
    before = runs.create("model", "of its own", parts.trainings[0].spec)
    runs.end(before, "finished")
    reused = parts.trainings[0].model_copy(update={"run_id": before})
    study_id = stored(parts.model_copy(update={"trainings": (reused, parts.trainings[1])}))
    rival = create(study_id, parts.trainings[1], "finished")
    progress = study_runs.read(study_id)
    assert [run.run_id for run in progress.pair("equal in parameters")] == [before, rival]
    runs.delete([before])
    assert [each.arm for each in study_runs.read(study_id).missing] == [AS_SET]


def test_the_time_left_is_the_images_left_by_the_speed_of_their_network():
    study_id = stored()
    images = 90 * 3  # of each training: three epochs
    model, baseline, model_2, baseline_2, model_3, _ = SEEDS.trainings
    create(study_id, model, "finished", images_per_second=100.0, seconds=2.7)
    create(study_id, baseline, "training", images_per_second=300.0, seconds=0.3)  # a third is done
    create(study_id, model_2), create(study_id, baseline_2), create(study_id, model_3)
    left = (2 / 3 * images) / 300 + 2 * images / 100 + images / 300
    assert seconds_left(study_runs.read(study_id), workers=2) == pytest.approx(left / 2)
    assert seconds_left(study_runs.read(study_id), workers=0) == pytest.approx(left)


def test_the_time_left_is_unknown_until_each_network_has_reported_its_speed():
    study_id = stored()
    create(study_id, SEEDS.trainings[0], "training", images_per_second=100.0)
    create(study_id, SEEDS.trainings[1])
    assert seconds_left(study_runs.read(study_id), 2) is None


# Runs that stand in for others


def finished(training: Training, rates: tuple[float, ...] = (0.001,), **where: str) -> str:
    run_id = runs.create(training.role, "before", training.spec, **where)
    runs.start(run_id, "CPU")
    writer = recorder.Recorder(run_id, epochs=3)
    for step, rate in enumerate(rates):
        writer.log_metrics(step, {"learning_rate": rate})
    writer.close()
    runs.end(run_id, "finished")
    return run_id


def alone(seed: int) -> Training:
    """A training that no other test knows."""
    return plan.seeds(SMALL.with_setting("training.seed", seed), 3).trainings[0]


def test_the_newest_run_with_the_very_same_settings_is_found_whatever_its_role():
    training = alone(500)
    assert runs.latest_matching(training.spec) is None
    finished(training)
    newest = finished(training)
    finished(alone(501))
    assert runs.latest_matching(training.spec).run_id == newest


def test_a_run_of_a_study_stands_in_once_it_has_finished():
    training = alone(510)
    of_study = create("a study", training)
    assert runs.latest_matching(training.spec) is None, "it may wait for long"
    runs.end(of_study, "finished")
    assert runs.latest_matching(training.spec).run_id == of_study


def test_a_run_under_way_stands_in_unless_finished_ones_are_asked_for():
    training = alone(520)
    run_id = runs.create(training.role, "under way", training.spec)
    assert runs.latest_matching(training.spec).run_id == run_id
    assert runs.latest_matching(training.spec, finished=True) is None
    runs.end(run_id, "stopped")
    assert runs.latest_matching(training.spec) is None


def test_a_run_whose_learning_rate_was_changed_does_not_stand_in():
    training = alone(530)
    finished(training, rates=(0.001, 0.0003, 0.001))
    assert runs.latest_matching(training.spec) is None
    kept = finished(training, rates=(0.001, 0.0010000000474974513))  # as float32 has it
    assert runs.latest_matching(training.spec).run_id == kept


def test_a_model_that_stands_in_is_a_member_of_its_rivals_comparison():
    training = alone(540)
    model = finished(training)
    rival = runs.create("baseline", "rivals", SMALL.runs()["baseline"], compared_with=model)
    assert {role: run.run_id for role, run in runs.members("rivals").items()} == {
        "model": model,
        "baseline": rival,
    }
