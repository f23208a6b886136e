import keras
import numpy as np
import pytest

from cnnlab import runs
from cnnlab.arithmetic.network import layer_rows, totals
from cnnlab.checks import refusals
from cnnlab.data.pixels import scaled
from cnnlab.data.registry import load
from cnnlab.errors import RunNotReady, SettingsRefused
from cnnlab.models import training
from cnnlab.runs import store
from cnnlab.spec import PRESETS, ConvBlock, ConvNetSpec, DataSpec, RunSpec
from cnnlab.spec.orders import Orders
from cnnlab.worker import device, train

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
    assert np.isnan(run.metrics["test_loss"])


def test_progress_is_told_in_steps_and_images_a_second():
    told: list[tuple[int, int]] = []
    trained(SMALL.runs()["baseline"], progress=lambda step, rate: told.append((step, rate)))
    assert told[0] == (0, 0)
    assert told[-1][0] == STEPS
    assert max(rate for _, rate in told) > 0


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
        raise MemoryError("no room for the gradients")

    monkeypatch.setattr(training, "fit", broken)
    run_id = runs.create("model", "broken", SMALL.runs()["baseline"])
    with pytest.raises(MemoryError):
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
