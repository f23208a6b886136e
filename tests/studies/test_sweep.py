"""Sweeps through a trainer that trains nothing; through a real one at the end."""

import math
from collections.abc import Callable, Iterator

import optuna
import pytest

from cnnlab import runs
from cnnlab.errors import RunNotReady, SettingsRefused, TrainerUnavailable
from cnnlab.runs import Run
from cnnlab.studies import sweep_progress
from cnnlab.studies.sweep import SweepDriver, optuna_study
from cnnlab.studies.sweep_optuna import distributions
from cnnlab.studies.sweep_plan import Choices, Numbers, Sweep, grid
from cnnlab.studies.sweep_progress import SweepProgress
from cnnlab.trainer.trainer import Trainer
from tests.small_trainings import TINY
from tests.studies.pretended_trainer import PretendedTrainer
from tests.waiting import wait_until

FOUR_EPOCHS = TINY.with_setting("training.epochs", 4)
RATE = Numbers(path="training.learning_rate", low=1e-4, high=1e-1, log=True)
UNITS = Numbers(path="model.dense_units", low=4, high=64)
OPTIMIZER = Choices(path="training.optimizer", values=("adam", "sgd"))

Make = Callable[..., PretendedTrainer]


def accuracies(run: Run) -> list[float]:
    """The better, the nearer the learning rate is to 0.01; noise by seed; every epoch gains a little."""
    training = run.spec.training
    peak = 0.9 - 0.1 * abs(math.log10(training.learning_rate) + 2) - 0.05 * (training.optimizer == "sgd")
    return [peak - 0.02 * (4 - epoch) + 0.001 * (training.seed % 3) for epoch in range(1, 5)]


def sweep_of(*ranges, **options) -> Sweep:
    planned = {"comparison": FOUR_EPOCHS, "ranges": ranges or (RATE,), "method": "random", "confirm_seeds": 0}
    return Sweep(**(planned | options))


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[PretendedTrainer] = []

    def make(accuracies=accuracies, workers: int = 2) -> PretendedTrainer:
        made.append(PretendedTrainer(accuracies, workers))
        return made[-1]

    yield make
    for trainer in made:
        trainer.close()


def done(trainer: PretendedTrainer, sweep: Sweep, visitor: str = "") -> SweepProgress:
    driver = SweepDriver(trainer.as_trainer())
    study_id = driver.start(sweep, visitor)
    assert driver.wait(study_id, 60)
    return sweep_progress.read(study_id)


def told(progress: SweepProgress) -> list[tuple]:
    return [
        (trial.number, trial.settings, trial.state, trial.values, trial.again) for trial in progress.trials
    ]


def test_a_sweep_trains_its_trials_and_keeps_them_as_runs(make: Make):
    progress = done(make(), sweep_of(RATE, OPTIMIZER, trials=5), "ann")
    assert progress.state == "finished" and progress.active == []
    assert [trial.number for trial in progress.trials] == [0, 1, 2, 3, 4]
    for trial in progress.trials:
        [run] = trial.runs
        assert trial.state == "finished" and trial.values == (max(accuracies(run)),)
        assert run.arm == f"trial {trial.number}, seed 0" and run.visitor == "ann"
        assert run.spec.training.learning_rate == trial.settings["training.learning_rate"]
    assert progress.best == max(progress.trials, key=lambda trial: trial.values)
    assert progress.baseline == max(accuracies(progress.baseline_run))
    assert runs.study(progress.study_id).visitor == "ann"


@pytest.mark.parametrize("method", ["grid", "random", "tpe", "nsga2"])
def test_the_same_sampler_seed_gives_the_same_trials_however_many_workers_there_are(make: Make, method):
    sweep = sweep_of(RATE, OPTIMIZER, trials=8, method=method)
    assert told(done(make(workers=1), sweep)) == told(done(make(workers=3), sweep))


def test_random_trials_are_those_of_optunas_own_sampler(make: Make):
    sweep = sweep_of(RATE, OPTIMIZER, UNITS, trials=6, sampler_seed=7)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=7))
    expected = [study.ask(distributions(sweep)).params for _ in range(6)]
    assert [trial.settings for trial in done(make(), sweep).trials] == expected


def test_a_failed_trial_is_repeated_exactly_and_at_most_twice(make: Make):
    def broken(run: Run) -> list[float]:
        if run.arm.startswith("trial") and run.spec.training.learning_rate == first:
            raise RuntimeError("the disk was full")
        return accuracies(run)

    sweep = sweep_of(trials=3, at_once=1)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    expected = [study.ask(distributions(sweep)).params for _ in range(3)]
    first = expected[0]["training.learning_rate"]
    progress = done(make(broken), sweep)
    failed = [trial for trial in progress.trials if trial.state == "failed"]
    assert [(trial.number, trial.attempt, trial.again) for trial in failed] == [
        (0, 1, None),
        (1, 2, 0),
        (2, 3, 1),
    ]
    assert {trial.reason for trial in failed} == {"the disk was full"}
    specs = [trial.runs[0].spec for trial in failed]
    assert specs[0] == specs[1] == specs[2]
    others = [trial.settings for trial in progress.trials if trial.state == "finished"]
    assert others == expected[1:], "repeated trials take nothing from the others"


def test_what_would_fail_again_is_not_repeated(make: Make):
    impossible = Choices(path="model.blocks.*.pool_size", values=(2, 8))
    progress = done(make(), sweep_of(impossible, trials=2, method="grid"))
    [failed] = [trial for trial in progress.trials if trial.state == "failed"]
    assert "lower 'Pool size'" in failed.reason
    assert len(progress.trials) == 2


def test_pruned_trials_are_those_that_optuna_prunes(make: Make):
    sweep = sweep_of(trials=12, pruning="median", at_once=1)
    progress = done(make(), sweep)

    def objective(trial: optuna.Trial) -> float:
        trial.suggest_float("training.learning_rate", 1e-4, 1e-1, log=True)
        rate = trial.params["training.learning_rate"]
        run = progress.trials[0].runs[0]
        changed = run.spec.training.model_copy(update={"learning_rate": rate})
        values = accuracies(_with(run, changed))
        for epoch, value in enumerate(values, start=1):
            trial.report(value, epoch)
            if epoch < len(values) and trial.should_prune():
                raise optuna.TrialPruned
        return max(values)

    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.RandomSampler(seed=0),
        pruner=optuna.pruners.MedianPruner(),
    )
    study.optimize(objective, n_trials=12)
    expected = {"COMPLETE": "finished", "PRUNED": "pruned"}
    assert [expected[trial.state.name] for trial in study.trials] == [t.state for t in progress.trials]
    assert "pruned" in {trial.state for trial in progress.trials}
    rebuilt = optuna_study(progress, with_steps=True)
    for ours, theirs in zip(rebuilt.trials, study.trials, strict=True):
        assert (ours.params, ours.state, ours.intermediate_values) == (
            theirs.params,
            theirs.state,
            theirs.intermediate_values,
        )
        assert ours.value == pytest.approx(theirs.value)


def _with(run: Run, training) -> Run:
    from dataclasses import replace

    return replace(run, spec=run.spec.model_copy(update={"training": training}))


def test_wilcoxons_test_gives_up_a_trial_that_is_worse_with_every_seed(make: Make):
    planned = sweep_of(OPTIMIZER, trials=2, method="grid", seeds=4, pruning="wilcoxon", at_once=1)
    seeded = (planned.model_copy(update={"sampler_seed": seed}) for seed in range(100))
    sweep = next(each for each in seeded if grid(each)[0] == {"training.optimizer": "adam"})
    better, worse = done(make(), sweep).trials
    assert better.state == "finished" and len(better.runs) == 4
    assert worse.state == "pruned" and len(worse.runs) == 3 == worse.pruned_after


def test_two_objectives_have_a_front(make: Make):
    progress = done(make(), sweep_of(RATE, UNITS, trials=8, objective="accuracy_params"))
    study = optuna_study(progress)
    assert [trial.number for trial in progress.front] == sorted(trial.number for trial in study.best_trials)
    assert progress.best in progress.front


def test_the_best_trial_is_confirmed_on_fresh_seeds_beside_the_start_and_the_baseline(make: Make):
    progress = done(make(), sweep_of(trials=3, seeds=2, confirm_seeds=3))
    assert progress.sweep.trial_seeds() == [0, 1] and progress.sweep.fresh_seeds() == [2, 3, 4]
    assert progress.confirmation.keys() == {
        (network, seed) for network in ("winner", "start", "baseline") for seed in (2, 3, 4)
    }
    best = progress.best
    for seed in (2, 3, 4):
        winner, start = progress.confirmation["winner", seed], progress.confirmation["start", seed]
        assert progress.sweep.point_of(winner.spec) == best.settings and winner.spec.training.seed == seed
        assert start.spec == FOUR_EPOCHS.with_setting("training.seed", seed).runs()["model"]
        assert runs.members(winner.comparison)["baseline"] == progress.confirmation["baseline", seed]


def test_a_paused_sweep_begins_nothing_and_goes_on_when_resumed(make: Make):
    trainer = make()
    driver = SweepDriver(trainer.as_trainer())
    trainer.gate.clear()
    study_id = driver.start(sweep_of(trials=6))
    wait_until(lambda: len(trainer.began) == 2)
    driver.pause(study_id)
    trainer.gate.set()
    wait_until(lambda: sweep_progress.read(study_id).state == "paused")
    wait_until(lambda: len(trainer.trained) == 2)
    assert len(trainer.began) == 2
    driver.resume(study_id)
    assert driver.wait(study_id, 60)
    progress = sweep_progress.read(study_id)
    assert progress.state == "finished"
    assert told(progress) == told(done(make(), sweep_of(trials=6))), "a pause changes nothing"


def test_a_cancelled_sweep_ends_what_trains_and_keeps_what_was_trained(make: Make):
    trainer = make()
    driver = SweepDriver(trainer.as_trainer())
    study_id = driver.start(sweep_of(trials=50))
    wait_until(lambda: len(trainer.trained) >= 3)
    driver.cancel(study_id)
    assert driver.wait(study_id, 30)
    progress = sweep_progress.read(study_id)
    assert progress.state == "stopped" and progress.active == [] and progress.finished
    assert all(trial.state in ("finished", "failed") for trial in progress.trials)
    with pytest.raises(RunNotReady):
        driver.take_up(study_id)


@pytest.mark.parametrize("method", ["grid", "random"])
def test_an_interrupted_sweep_is_taken_up_with_the_very_same_trials(make: Make, method):
    sweep = sweep_of(RATE, OPTIMIZER, trials=8, method=method)
    undisturbed = done(make(), sweep)
    trainer = make()
    driver = SweepDriver(trainer.as_trainer())
    study_id = driver.start(sweep)
    wait_until(lambda: len(trainer.trained) >= 3)
    trainer.gate.clear()
    trainer.connection.is_closing = True
    assert driver.wait(study_id, 30)
    as_if_dead(study_id)
    assert sweep_progress.read(study_id).state == "interrupted"
    again = SweepDriver(make().as_trainer())
    assert again.take_up_all() == [study_id]
    assert again.wait(study_id, 60)
    assert told(sweep_progress.read(study_id)) == told(undisturbed)


def as_if_dead(study_id: str) -> None:
    """Makes the process that led a sweep, and owned its runs, seem dead."""
    from cnnlab.runs import ownership, store, tags

    dead = ownership.this_process().model_copy(update={"pid": 2**22 + 1}).model_dump_json()
    for entry in (study_id, *(run.run_id for run in runs.of_study(study_id) if run.active)):
        store.client().set_tag(entry, tags.OWNER, dead)


def test_a_rebuilt_study_equals_the_one_that_led(make: Make):
    progress = done(make(), sweep_of(RATE, OPTIMIZER, trials=10, method="tpe"))
    study = optuna_study(progress)
    assert len(study.trials) == len(progress.trials)
    for ours, trial in zip(study.trials, progress.trials, strict=True):
        assert (ours.number, ours.params, ours.values) == (trial.number, trial.settings, list(trial.values))
    assert study.best_trial.number == progress.best.number


def test_stored_runs_count_as_trials_if_asked_and_are_not_trained_again(make: Make):
    other = FOUR_EPOCHS.with_setting("data.images", 110)
    trainer = make()
    for rate in (0.01, 0.5):  # the second one is out of range
        spec = other.with_setting("training.learning_rate", rate).runs()["model"]
        run_id = runs.create("model", f"stored {rate}", spec)
        trainer.trainings.submit_run(run_id, "model", on_end=lambda ending: None)
    wait_until(lambda: len(trainer.trained) == 2)
    progress = done(trainer, sweep_of(trials=3, comparison=other, use_stored=True))
    assert [trial.stored for trial in progress.trials] == [True, False, False, False]
    assert progress.trials[0].settings == {"training.learning_rate": 0.01}
    assert progress.trials[0].values and progress.begun == 3


def test_a_trainer_that_is_gone_pauses_the_sweep_with_the_reason(make: Make):
    trainer = make()
    driver = SweepDriver(trainer.as_trainer())
    trainer.gate.clear()
    study_id = driver.start(sweep_of(trials=4))
    wait_until(lambda: len(trainer.began) == 2)
    trainer.problem = "No Dask scheduler answers."
    trainer.gate.set()
    wait_until(lambda: sweep_progress.read(study_id).reason == trainer.problem)
    assert sweep_progress.read(study_id).state == "paused"
    trainer.problem = ""
    assert driver.wait(study_id, 60)
    assert len(sweep_progress.read(study_id).finished) == 4


def test_a_time_budget_decides_only_how_many_trials_begin(make: Make):
    sweep = sweep_of(trials=30, minutes=1e-4)
    progress = done(make(), sweep)
    whole = done(make(), sweep_of(trials=30))
    assert progress.state == "finished" and 4 <= len(progress.trials) < 30
    assert told(progress) == told(whole)[: len(progress.trials)]


def test_an_impossible_sweep_and_one_without_a_trainer_leave_nothing(make: Make):
    trainer = make()
    before = runs.studies(1)
    with pytest.raises(SettingsRefused, match="Settings to vary"):
        SweepDriver(trainer.as_trainer()).start(sweep_of(trials=3).model_copy(update={"ranges": ()}))
    trainer.problem = "There is no trainer."
    with pytest.raises(TrainerUnavailable):
        SweepDriver(trainer.as_trainer()).start(sweep_of(trials=3))
    assert runs.studies(1) == before


def test_a_sweep_goes_on_when_a_worker_is_killed(trainer: Trainer):
    """Its trial goes on, or is repeated, with the same values."""
    import psutil

    sweep = sweep_of(RATE, trials=2, comparison=FOUR_EPOCHS.with_setting("training.epochs", 30))
    driver = SweepDriver(trainer)
    undisturbed = driver.start(sweep)
    assert driver.wait(undisturbed, 200)
    study_id = driver.start(sweep)
    wait_until(lambda: any(run.metrics.get("val_accuracy") for run in runs.of_study(study_id) if run.active))
    [victim, *_] = [worker for worker in trainer.workers() if worker.trains]
    pids = trainer.connection.run(_process_id, workers=[victim.address])
    psutil.Process(pids[victim.address]).kill()
    assert driver.wait(study_id, 250)
    assert told(sweep_progress.read(study_id))[:2] == told(sweep_progress.read(undisturbed))[:2]
    wait_until(lambda: len(trainer.status().devices) == 2, seconds=120)


def _process_id() -> int:
    import os

    return os.getpid()
