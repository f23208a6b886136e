"""What the recorder of a training writes into its run, and when."""

from collections.abc import Iterable

import numpy as np
import pytest

from cnnlab import runs
from cnnlab.errors import RunNotFound, StoreUnavailable
from cnnlab.models.build import build
from cnnlab.models.portable import keras_file
from cnnlab.runs import patience, recorder, store
from cnnlab.spec import PRESETS
from tests.waiting import wait_until

SPEC = PRESETS["small"].runs()["model"]


def new_run() -> str:
    return runs.create("model", "recorded", SPEC)


def test_reports_reach_the_store_while_the_training_goes_on():
    run_id = new_run()
    writer = recorder.Recorder(run_id, epochs=5)
    try:
        writer.log_metrics(0, {"loss": 2.3})
        wait_until(lambda: runs.curves([run_id])["value"].tolist() == [2.3], seconds=1.5)
    finally:
        writer.close()


def test_what_goes_wrong_while_writing_reaches_the_training():
    writer = recorder.Recorder(new_run(), epochs=5)
    writer.run_id = "nowhere"
    writer.log_metrics(0, {"loss": 1.0})
    with pytest.raises(Exception, match="nowhere"):
        writer.close()
    with pytest.raises(Exception, match="nowhere"):
        writer.log_metrics(1, {"loss": 1.0})


def snapshots(epochs: int) -> dict[str, np.ndarray]:
    run_id = new_run()
    writer = recorder.Recorder(run_id, epochs=5)
    for epoch in range(epochs + 1):
        writer.log_kernels(epoch, {"conv_1": np.full((2, 2), epoch, np.float32)})
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
        writer.log_weights(epoch, [np.full(size, epoch, np.float32), np.zeros((2, 3), np.float32)])
    writer.close()
    return run_id, runs.weight_epochs(run_id)


def test_weights_of_a_short_training_are_stored_at_every_epoch():
    run_id, epochs = stored_weights(epochs=3, reported=3)
    assert epochs == [0, 1, 2, 3]
    first, second = runs.weights(run_id, 2)
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


def test_weights_that_are_not_stored_are_said_to_be_missing():
    run_id, _ = stored_weights(epochs=1, reported=1)
    with pytest.raises(RunNotFound, match="epoch_00007"):
        runs.weights(run_id, 7)
    assert runs.weight_epochs(new_run()) == []


def test_the_network_and_its_predictions_are_stored_under_their_names():
    import keras

    run_id = new_run()
    network = build(SPEC.model, (28, 28, 1), 10)
    probabilities, labels = np.eye(10, dtype=np.float32), np.arange(10)
    writer = recorder.Recorder(run_id, epochs=5)
    writer.save_model(keras_file(network))
    writer.save_predictions(probabilities, labels)
    writer.log_kernels(0, {"conv_1": np.zeros((1,))})
    writer.close()
    names = {artifact.path for artifact in store.client().list_artifacts(run_id)}
    assert names == {"spec.json", "model.keras", "test_predictions.npz", "kernels.npz"}
    stored = runs.predictions(run_id)
    np.testing.assert_array_equal(stored["probabilities"], probabilities)
    np.testing.assert_array_equal(stored["labels"], labels)
    loaded = keras.models.load_model(store.client().download_artifacts(run_id, "model.keras"))
    np.testing.assert_array_equal(loaded.get_weights()[0], network.get_weights()[0])


def test_a_store_that_is_busy_for_a_while_loses_nothing(monkeypatch):
    run_id = new_run()
    written = recorder.log_metrics
    refusals = iter([True, True, True])
    monkeypatch.setattr(patience, "PAUSES", (0.01,) * 5)

    def busy(run_id: str, metrics: list) -> None:
        if next(refusals, False):
            raise StoreUnavailable("Another program holds the store.", passes=True)
        written(run_id, metrics)

    monkeypatch.setattr(recorder, "log_metrics", busy)
    writer = recorder.Recorder(run_id, 1)
    for step in range(20):
        writer.log_metrics(step, {"loss": float(step)})
    writer.close()
    assert runs.curves([run_id])["value"].tolist() == [float(step) for step in range(20)]


def test_what_is_dropped_is_not_written_also_where_a_busy_store_left_it_over(monkeypatch):
    run_id = new_run()
    monkeypatch.setattr(patience, "PAUSES", (0.01,) * 5)
    writer = recorder.Recorder(run_id, 1)
    tried = []

    def busy(run_id: str, metrics: list) -> None:
        tried.append(metrics)
        writer.drop()
        raise StoreUnavailable("Another program holds the store.", passes=True)

    monkeypatch.setattr(recorder, "log_metrics", busy)
    writer.log_metrics(0, {"loss": 1.0})
    writer.log_weights(1, [np.ones(3, np.float32)])
    writer.close()
    assert len(tried) == 1
    assert runs.curves([run_id]).empty and runs.weight_epochs(run_id) == []


def test_a_store_that_stays_full_ends_the_training_with_its_sentence(monkeypatch):
    monkeypatch.setattr(patience, "PAUSES", (0.0,) * 3)

    def full(run_id: str, metrics: list) -> None:
        raise StoreUnavailable("The disk is full.", passes=True)

    monkeypatch.setattr(recorder, "log_metrics", full)
    writer = recorder.Recorder(new_run(), 1)
    writer.log_metrics(0, {"loss": 1.0})
    with pytest.raises(StoreUnavailable, match="The disk is full"):
        writer.close()


def report(run_id: str, steps: Iterable[int], rate: float, exact: bool = True) -> None:
    """As a training reports its steps; the loss tells the rate."""
    writer = recorder.Recorder(run_id, 1, exact=exact)
    for step in steps:
        writer.log_metrics(step, {"loss": step + rate, "learning_rate": rate})
    writer.close()


def reported(run_id: str) -> list[tuple[int, float]]:
    curves = runs.curves([run_id])
    losses = curves[curves["metric"] == "loss"]
    return list(zip(losses["step"].tolist(), losses["value"].round(6).tolist(), strict=True))


def test_what_an_earlier_training_has_reported_is_not_stored_twice():
    run_id = new_run()
    report(run_id, range(0, 50, 10), 0.1)
    report(run_id, range(25, 80, 6), 0.1)  # the clock decides at which steps it reports
    assert [step for step, _ in reported(run_id)] == [0, 10, 20, 30, 40, 43, 49, 55, 61, 67, 73, 79]


def test_a_training_that_goes_on_with_another_rate_reports_all_of_it():
    run_id = new_run()
    report(run_id, range(0, 50, 10), 0.1)
    report(run_id, range(25, 40, 6), 0.2)
    assert reported(run_id)[5:] == [(25, 25.2), (31, 31.2), (37, 37.2)]


def test_a_training_without_an_earlier_change_of_the_rate_reports_all_from_that_step_on():
    run_id = new_run()
    report(run_id, [10, 20], 0.1)
    writer = recorder.Recorder(run_id, 1)
    writer.log_metrics(20, {"learning_rate": 0.2})  # ordered between two steps, and lost with the worker
    writer.close()
    report(run_id, [30, 40], 0.2)
    report(run_id, [15, 25, 35], 0.1)
    assert reported(run_id)[4:] == [(25, 25.1), (35, 35.1)]


def test_a_change_of_the_rate_that_is_made_again_is_no_news():
    run_id = new_run()
    for _ in range(2):
        writer = recorder.Recorder(run_id, 1)
        for step, rate in ((10, 0.1), (20, 0.1)):
            writer.log_metrics(step, {"loss": 1.0, "learning_rate": rate})
        writer.log_metrics(20, {"learning_rate": 0.2})
        for step in (30, 40):
            writer.log_metrics(step, {"loss": 1.0, "learning_rate": 0.2})
        writer.close()
    assert [step for step, _ in reported(run_id)] == [10, 20, 30, 40]


def test_a_training_that_repeats_none_reports_all_of_it():
    run_id = new_run()
    report(run_id, [10, 20], 0.1)
    report(run_id, [10, 20], 0.1, exact=False)
    assert [step for step, _ in reported(run_id)] == [10, 20, 10, 20]


def test_a_training_that_was_cut_off_before_its_kernels_were_stored_goes_on():
    run_id = new_run()
    writer = recorder.Recorder(run_id, epochs=2, continued=True)
    writer.log_kernels(1, {"conv_1": np.ones((3, 3, 1, 4), np.float32)})
    writer.close()
    assert runs.kernels(run_id)["epochs"].tolist() == [1]


@pytest.mark.parametrize("last", [False, True])
def test_what_came_before_a_stored_network_is_stored_before_it(last, monkeypatch):
    """Else a program that dies right after has a network whose past nobody reports again."""
    run_id = new_run()
    writer = recorder.Recorder(run_id, epochs=500)
    arrays = [np.ones(3, np.float32)]
    writer.log_weights(0, arrays)
    writer.save_model(keras_file(build(SPEC.model, (28, 28, 1), 10)))
    writer.log_metrics(7, {"val_loss": 1.0})
    writer.log_kernels(1, {"conv_1": np.ones((3, 3, 1, 4), np.float32)})
    writer.log_weights(1, arrays)  # of an epoch between two that are stored
    with monkeypatch.context() as patched:

        def save(run_id: str, name: str, content: bytes) -> None:
            assert name == "model.keras"
            assert runs.curves([run_id])["step"].tolist() == [7]
            assert runs.kernels(run_id)["epochs"].tolist() == [1]
            assert runs.weight_epochs(run_id) == ([0, 1] if last else [0])

        saved = recorder.artifacts.save
        calls = []

        def watched(run_id: str, name: str, content: bytes) -> None:
            if name == "model.keras":
                save(run_id, name, content)
            calls.append(name)
            saved(run_id, name, content)

        patched.setattr(recorder.artifacts, "save", watched)
        writer.save_model(keras_file(build(SPEC.model, (28, 28, 1), 10)), last=last)
    assert calls[-1] == "model.keras"
    writer.close()
