"""Runs with rules that may end them: stored, cut off at any moment, taken up again, continued."""

from contextlib import suppress

import numpy as np
import pytest

from cnnlab import runs
from cnnlab.models.events import EpochEnd, Event
from cnnlab.models.portable import from_keras_file
from cnnlab.runs import lifecycle, recorder
from cnnlab.spec import PRESETS, RunSpec
from cnnlab.worker import train

SMALL = PRESETS["small"].with_setting("data.images", 200).with_setting("training.batch_size", 32)


def spec_of(**changed) -> RunSpec:
    spec = SMALL.runs()["baseline"]
    return spec.model_copy(update={"training": spec.training.model_copy(update=changed)})


PATIENT = spec_of(optimizer="sgd", learning_rate=0.3, epochs=8, patience=2)
CASES = {
    "patience": PATIENT,
    "patience without an early end": spec_of(optimizer="sgd", learning_rate=0.3, epochs=8, patience=7),
    "stop rule": spec_of(epochs=8, learning_rate=0.003, stop_when="accuracy", stop_at=0.6),
    "schedule": spec_of(epochs=4, schedule="one-cycle", learning_rate=0.01),
    "all": spec_of(
        epochs=8, schedule="cosine", learning_rate=0.01, stop_when="loss", stop_at=0.5, patience=3
    ),
}


class Died(BaseException):
    """The worker is gone in the middle of its work."""


def created(spec: RunSpec) -> str:
    return runs.create("model", "rules", spec)


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, runs.Run]:
    trained = {}
    for name, spec in CASES.items():
        run_id = created(spec)
        train.train(run_id)
        trained[name] = runs.get(run_id)
    return trained


def die(run_id: str, monkeypatch, listener=lambda event: None) -> None:
    """Trains until something raises `Died`, and leaves the run as a dead process leaves it."""
    with monkeypatch.context() as dying:
        dying.setattr(lifecycle, "end", None)
        dying.setattr(runs, "end", lambda *arguments: None)
        with suppress(Died):
            train.train(run_id, listener=listener)
    assert runs.get(run_id).status == "training"
    assert runs.requeue(run_id)


def assert_same(run_id: str, expected: runs.Run) -> None:
    """Bit for bit the same network, results and words."""
    run = runs.get(run_id)
    assert (run.status, run.reason) == (expected.status, expected.reason)
    for name in ("test_loss", "test_accuracy", "tested_epoch", "best_val_accuracy", "best_epoch"):
        assert run.metrics[name] == expected.metrics[name]
    models = [from_keras_file(runs.model_content(each)) for each in (run_id, expected.run_id)]
    for ours, theirs in zip(*[model.get_weights() for model in models], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    curves = [
        runs.curves([each]).query("metric in ('val_loss', 'val_accuracy')")[["metric", "step", "value"]]
        for each in (run_id, expected.run_id)
    ]
    assert curves[0].values.tolist() == curves[1].values.tolist()


def test_the_cases_are_what_they_are_called(undisturbed):
    early = {name: run.reason.startswith("Stopped at epoch") for name, run in undisturbed.items()}
    assert early == {
        "patience": True,
        "patience without an early end": False,
        "stop rule": True,
        "schedule": False,
        "all": True,
    }
    assert undisturbed["patience without an early end"].metrics["tested_epoch"] < 8


@pytest.mark.parametrize("case", CASES)
def test_a_run_that_is_cut_off_after_any_epoch_becomes_what_it_would_have_been(
    case, undisturbed, monkeypatch
):
    monkeypatch.setattr(train, "MODEL_SECONDS", 0.0)
    expected = undisturbed[case]
    last = int(runs.last_weights_epoch(expected.run_id))
    for cut in {1, max(1, last - 1), last}:
        run_id = created(CASES[case])

        def listener(event: Event, at: int = cut) -> None:
            if isinstance(event, EpochEnd) and event.epoch == at:
                raise Died

        die(run_id, monkeypatch, listener)
        train.train(run_id)
        assert_same(run_id, expected)


@pytest.mark.parametrize("method", ["save_stopping", "save_model", "save_predictions"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("case", ["patience", "stop rule"])
def test_a_run_that_is_cut_off_while_its_end_is_written_becomes_what_it_would_have_been(
    method, moment, case, undisturbed, monkeypatch
):
    run_id = created(CASES[case])
    write = getattr(recorder.Recorder, method)

    def write_and_die(*arguments, **options) -> None:
        ending = method != "save_model" or options.get("last")
        if ending and moment == "before":
            raise Died
        write(*arguments, **options)
        if ending:
            raise Died

    with monkeypatch.context() as dying:
        dying.setattr(recorder.Recorder, method, write_and_die)
        dying.setattr(train, "MODEL_SECONDS", 1e9 if method == "save_stopping" else 0.0)
        die(run_id, monkeypatch)
    train.train(run_id)
    assert_same(run_id, undisturbed[case])


def test_the_stored_network_and_the_test_are_those_of_the_best_epoch(undisturbed):
    run = undisturbed["patience"]
    best, last = int(run.metrics["tested_epoch"]), runs.last_weights_epoch(run.run_id)
    assert best == last - 2 and runs.network_epoch(run) == best
    stored = from_keras_file(runs.model_content(run.run_id)).get_weights()
    for ours, theirs in zip(stored, runs.weights(run.run_id, best), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    validation = runs.curves([run.run_id]).query("metric == 'val_loss' and step > 0")["value"].tolist()
    assert validation.index(min(validation)) + 1 == best
    assert run.reason == (
        f"Stopped at epoch {last}: validation loss had not improved for 2 epochs; the weights of epoch "
        f"{best} were put back."
    )


def test_the_weights_that_were_put_back_are_stored_even_where_only_some_epochs_are(monkeypatch):
    monkeypatch.setattr(recorder, "MOST_WEIGHTS", 1)
    run_id = created(PATIENT)
    train.train(run_id)
    run = runs.get(run_id)
    assert runs.network_epoch(run) == run.metrics["tested_epoch"] in runs.weight_epochs(run_id)


def test_a_run_that_was_ended_early_can_be_continued_and_waits_anew(undisturbed):
    run_id = created(PATIENT)
    train.train(run_id)
    first = runs.get(run_id)
    last = runs.last_weights_epoch(run_id)
    runs.reopen(run_id, 20)
    assert runs.get(run_id).reason == ""
    train.train(run_id)
    run = runs.get(run_id)
    assert run.status == "finished"
    assert runs.last_weights_epoch(run_id) >= last + 2
    losses = runs.curves([run_id]).query("metric == 'val_loss' and step > 0")["value"].tolist()
    assert run.metrics["tested_epoch"] == losses.index(min(losses)) + 1
    assert run.metrics["tested_epoch"] >= first.metrics["tested_epoch"]


def test_what_was_reported_under_a_schedule_is_not_reported_again(monkeypatch):
    """The rates of two reports differ by the schedule alone: the peak tells whether a person changed them."""
    monkeypatch.setattr(train, "MODEL_SECONDS", 1e9)
    run_id = created(CASES["schedule"])

    def listener(event: Event) -> None:
        if isinstance(event, EpochEnd) and event.epoch == 3:
            raise Died

    die(run_id, monkeypatch, listener)
    train.train(run_id)
    steps = runs.curves([run_id]).query("metric == 'val_loss'")["step"].tolist()
    assert steps == sorted(set(steps))
    assert runs.latest_matching(CASES["schedule"]).run_id
