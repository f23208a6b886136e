import itertools
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from cnnlab import runs
from cnnlab.arithmetic.network import layer_rows, totals
from cnnlab.checks import refusals
from cnnlab.data.pixels import scaled
from cnnlab.data.registry import load
from cnnlab.errors import (
    DatasetUnavailable,
    NotFinite,
    NotTrainedHere,
    RunNotReady,
    SettingsRefused,
    StoreUnavailable,
)
from cnnlab.models import training
from cnnlab.models.events import EpochEnd, Event, RateChanged, Started, Steps
from cnnlab.models.portable import from_keras_file, keras_file
from cnnlab.runs import artifacts, heartbeat, lifecycle, ownership, patience, store, tags
from cnnlab.spec import PRESETS, ConvBlock, ConvNetSpec, DataSpec, RunSpec
from cnnlab.spec.orders import Orders
from cnnlab.worker import answers, device, train

SMALL = PRESETS["small"].with_setting("data.images", 200).with_setting("training.epochs", 2)
STEPS = 2 * 3  # 180 images, 64 a step


def trained(spec: RunSpec, **arguments) -> runs.Run:
    run_id = runs.create("model", "tasks", spec)
    train.train(run_id, **arguments)
    return runs.get(run_id)


@pytest.fixture(scope="module", params=["model", "baseline"])
def run(request) -> runs.Run:
    return trained(SMALL.runs()[request.param])


def artifact(run: runs.Run, name: str) -> str:
    return store.client().download_artifacts(run.run_id, name)


def test_a_training_ends_finished_on_the_device_that_it_names(run):
    assert (run.status, run.reason) == ("finished", "")
    assert run.device == device.name() != ""


def test_a_finished_run_has_the_results_and_the_costs_of_its_network(run):
    summary = totals(layer_rows(run.spec.model, (28, 28, 1), 10))
    assert (run.metrics["params"], run.metrics["macs"]) == (summary.params, summary.macs)
    assert {"test_loss", "test_accuracy", "best_val_accuracy", "best_epoch", "seconds"} <= set(run.metrics)
    assert {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"} <= set(run.metrics)


def test_a_finished_run_has_its_files(run):
    names = {file.path for file in store.client().list_artifacts(run.run_id)}
    assert names == {"spec.json", "model.keras", "kernels.npz", "test_predictions.npz", "weights"}
    assert runs.weight_epochs(run.run_id) == [0, 1, 2]
    assert runs.kernels(run.run_id)["epochs"].tolist() == [0, 1, 2]


def test_the_curves_begin_before_training_and_end_at_the_last_step(run):
    curves = runs.curves([run.run_id])
    validation = curves[curves["metric"] == "val_loss"]
    assert validation["step"].tolist() == [0, STEPS // 2, STEPS]


def test_the_stored_network_gives_the_stored_predictions_on_images_scaled_in_the_same_way(run):
    images = load(run.spec.data.dataset, run.spec.data.source)
    network = keras.models.load_model(artifact(run, "model.keras"))
    stored = runs.predictions(run.run_id)
    again = network.predict(scaled(images.x_test), batch_size=500, verbose=0)
    np.testing.assert_allclose(stored["probabilities"], again, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(stored["labels"], images.y_test)


def test_the_stored_accuracy_is_that_of_the_stored_predictions(run):
    stored = runs.predictions(run.run_id)
    loss, accuracy = training.score(stored["probabilities"], stored["labels"])
    assert (run.metrics["test_loss"], run.metrics["test_accuracy"]) == (loss, accuracy)


def test_a_stop_order_ends_the_run_as_stopped_with_all_that_there_is():
    run = trained(SMALL.runs()["baseline"], control=lambda: Orders(stop=True))
    assert (run.status, run.reason) == ("stopped", "")
    assert runs.predictions(run.run_id)["probabilities"].shape == (2000, 10)


def test_a_training_that_diverges_is_a_failed_run_with_the_advice():
    diverging = ConvNetSpec(blocks=(ConvBlock(filters=4),) * 2, dense_units=8, activation="linear")
    spec = RunSpec(data=DataSpec(images=200), model=diverging)
    spec = spec.model_copy(
        update={"training": spec.training.model_copy(update={"optimizer": "sgd", "learning_rate": 10.0})}
    )
    run = trained(spec)
    assert run.status == "failed"
    assert "no longer a finite number" in run.reason and "'Learning rate' from 10" in run.reason
    assert not {"test_loss", "test_accuracy"} & run.metrics.keys()
    kept = from_keras_file(runs.model_content(run.run_id))
    assert all(np.isfinite(array).all() for array in kept.get_weights())


def continued(run: runs.Run, epochs: int) -> runs.Run:
    runs.reopen(run.run_id, epochs)
    train.train(run.run_id)
    return runs.get(run.run_id)


MIN_POOLING = SMALL.with_setting("model.blocks.0.pooling", "min").runs()["model"]


def test_a_network_with_min_pooling_is_stored_without_cnnlabs_layer_and_goes_on_as_if_it_had_it():
    run = trained(MIN_POOLING)
    assert not runs.needs_cnnlab(runs.model_content(run.run_id))
    whole = trained(
        MIN_POOLING.model_copy(update={"training": run.spec.training.model_copy(update={"epochs": 3})})
    )
    for ours, theirs in zip(weights(continued(run, 3), 3), weights(whole, 3), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_network_with_min_pooling_of_an_older_version_is_handed_out_without_its_layer_and_goes_on(
    tmp_path,
):
    run = trained(MIN_POOLING)
    network = answers.network(run.run_id, 2)
    training.compile_model(network, run.spec.training)
    network.optimizer.build(network.trainable_variables)
    network.save(tmp_path / "old.keras")
    artifacts.save(run.run_id, artifacts.MODEL, (tmp_path / "old.keras").read_bytes())
    assert runs.needs_cnnlab(runs.model_content(run.run_id))
    content = answers.keras_file(run.run_id, 2)
    assert not runs.needs_cnnlab(content)
    for ours, theirs in zip(from_keras_file(content).get_weights(), weights(run, 2), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert continued(run, 3).status == "finished"


def test_a_store_that_is_away_for_a_while_costs_neither_the_start_nor_a_pause(monkeypatch):
    monkeypatch.setattr(patience, "PAUSES", (0.01,) * 5)
    for module, name in ((lifecycle, "_write_start"), (runs, "note"), (runs, "get")):
        monkeypatch.setattr(module, name, away_at_first(getattr(module, name)))
    asked = itertools.count()
    run = trained(SMALL.runs()["baseline"], control=lambda: Orders(paused=next(asked) == 0))
    assert (run.status, run.note) == ("finished", "")


def away_at_first(function):
    """The same function, which meets a store that is away in two of its first three calls."""
    calls = itertools.count()

    def call(*arguments):
        number = next(calls)
        if number == 0:
            raise StoreUnavailable("The store does not answer.", passes=True)
        answer = function(*arguments)
        if number == 1:  # it was written, and the answer was lost
            raise StoreUnavailable("The store does not answer in time.", passes=True)
        return answer

    return call


def make_stored_network_infinite(run: runs.Run) -> None:
    """As older versions left it behind after the loss had diverged."""
    network = from_keras_file(runs.model_content(run.run_id))
    network.set_weights([np.full_like(array, np.nan) for array in network.get_weights()])
    artifacts.save(run.run_id, artifacts.MODEL, keras_file(network))


def test_a_stored_network_that_is_not_finite_is_replaced_by_the_newest_weights_that_are():
    run = trained(SMALL.runs()["baseline"])
    make_stored_network_infinite(run)
    artifacts.save_weights(run.run_id, {2: [np.array([np.inf], np.float32)]})
    again = continued(run, epochs=3)
    assert (again.status, again.reason) == ("finished", "")
    assert all(np.isfinite(array).all() for array in weights(again, 3))
    validation = runs.curves([run.run_id]).query("metric == 'val_loss'")
    assert validation["step"].tolist() == [0, 3, 6, 6, 9], "goes on after the first epoch"
    assert again.metrics["test_loss"] < 3


def test_a_run_without_any_finite_weights_says_that_it_has_to_be_trained_again():
    run = trained(SMALL.runs()["baseline"])
    make_stored_network_infinite(run)
    broken = {epoch: [np.array([np.nan], np.float32)] for epoch in runs.weight_epochs(run.run_id)}
    artifacts.save_weights(run.run_id, broken)
    runs.reopen(run.run_id, 3)
    with pytest.raises(NotFinite, match="'Learning rate'"):
        train.train(run.run_id)
    assert runs.get(run.run_id).status == "failed"


def weights(run: runs.Run, epoch: int) -> list[np.ndarray]:
    return runs.weights(run.run_id, epoch)


def test_a_listener_gets_every_event_of_the_training():
    events: list[Event] = []
    trained(SMALL.runs()["baseline"], listener=events.append)
    assert isinstance(events[0], Started) and events[0].step == 0
    assert events[-1].step == STEPS
    assert [event.epoch for event in events if isinstance(event, EpochEnd)] == [0, 1, 2]
    assert max(event.images_per_second for event in events if isinstance(event, Steps)) > 0


def test_the_curves_of_a_run_are_the_metrics_of_its_events_in_their_order():
    events: list[Event] = []
    run = trained(SMALL.runs()["baseline"], listener=events.append)
    curves = runs.curves([run.run_id])
    stored = list(zip(curves["step"], curves["metric"], curves["value"], strict=True))
    reported = [
        (event.step, name, value)
        for event in events
        if isinstance(event, Started | Steps | EpochEnd | RateChanged)
        for name, value in event.metrics.items()
    ]
    assert set(reported) <= set(stored)
    results = {"test_loss", "test_accuracy", "tested_epoch", "params", "macs"}
    assert {name for _, name, _ in stored} - {name for _, name, _ in reported} == results


def test_a_pause_and_its_end_are_noted_in_the_run(monkeypatch):
    notes: list[str] = []
    monkeypatch.setattr(runs, "note", lambda run_id, text: notes.append(text))
    asked = itertools.count()
    trained(SMALL.runs()["baseline"], control=lambda: Orders(paused=next(asked) == 0))
    assert notes == ["paused", ""]


def test_a_download_is_noted_at_most_once_a_second_and_at_its_end(monkeypatch):
    notes: list[str] = []
    monkeypatch.setattr(runs, "note", lambda run_id, text: notes.append(text))
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(train, "time", SimpleNamespace(monotonic=lambda: clock.now))

    def download(dataset, source, report_progress):
        for clock.now, share in [(0.0, 0.0), (0.5, 0.1), (1.0, 0.2), (1.9, 0.4), (1.95, 1.0)]:
            report_progress(share)
        raise DatasetUnavailable("The test ends here.")

    monkeypatch.setattr(train, "load", download)
    with pytest.raises(DatasetUnavailable):
        trained(SMALL.runs()["baseline"])
    assert notes == ["downloading the data set: 0%", "downloading the data set: 20%", ""]


REFUSED = {
    "too many images": RunSpec(data=DataSpec(images=20_000)),
    "an unknown data set": RunSpec(data=DataSpec(dataset="cifar")),
    "more than a billion parameters": RunSpec(
        model=ConvNetSpec(
            blocks=(ConvBlock(filters=512, pooling="none", padding="same"),) * 2, dense_units=4096
        )
    ),
    "a pool larger than its map": RunSpec(model=ConvNetSpec(blocks=(ConvBlock(pool_size=8),) * 2)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_worker_refuses_with_the_sentence_of_the_sidebar_and_the_run_says_so(case):
    run_id = runs.create("model", "refused", REFUSED[case])
    with pytest.raises(SettingsRefused) as refused:
        train.train(run_id)
    reason = " ".join(refusals(REFUSED[case]))
    assert str(refused.value) == reason != ""
    assert (runs.get(run_id).status, runs.get(run_id).reason) == ("failed", reason)


def test_whatever_goes_wrong_ends_the_run_with_the_reason(monkeypatch):
    def broken(*arguments):
        raise RuntimeError("no room for the gradients")

    monkeypatch.setattr(training, "fit", broken)
    run_id = runs.create("model", "broken", SMALL.runs()["baseline"])
    with pytest.raises(RuntimeError):
        train.train(run_id)
    assert (runs.get(run_id).status, runs.get(run_id).reason) == ("failed", "no room for the gradients")


def test_a_run_that_has_ended_is_not_trained_again():
    run_id = runs.create("model", "ended", SMALL.runs()["baseline"])
    runs.end(run_id, "stopped")
    with pytest.raises(RunNotReady, match="cannot be trained again"):
        train.train(run_id)
    assert runs.get(run_id).status == "stopped"
    assert runs.curves([run_id]).empty


def test_warming_up_leaves_no_run_behind():
    before = [run.run_id for run in runs.recent(limit=1)]
    train.warm_up()
    assert [run.run_id for run in runs.recent(limit=1)] == before


def test_a_training_whose_run_is_taken_up_elsewhere_ends_and_writes_nothing_more(monkeypatch):
    monkeypatch.setattr(heartbeat, "ORDERS_SECONDS", 0.02)
    run_id = runs.create("model", "tasks", SMALL.with_setting("training.epochs", 100).runs()["model"])
    other = ownership.this_process().model_copy(update={"host": "another-machine"}).model_dump_json()
    reported: list[int] = []

    def listener(event: Event) -> None:
        if isinstance(event, EpochEnd) and event.epoch == 2:
            store.client().set_tag(run_id, tags.OWNER, other)
        elif isinstance(event, EpochEnd) and event.epoch > 2:
            reported.append(event.step)

    with pytest.raises(NotTrainedHere, match="another process"):
        train.train(run_id, listener=listener)
    left = runs.get(run_id)
    assert (left.status, left.reason) == ("training", "")
    assert len(reported) < 97 and "test_accuracy" not in left.metrics
    before = len(runs.curves([run_id]))
    with pytest.raises(NotTrainedHere):
        train.train(run_id)
    assert len(runs.curves([run_id])) == before and runs.get(run_id).active
    runs.end(run_id, "stopped")
