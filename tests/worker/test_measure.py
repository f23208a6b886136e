"""The task that a worker executes, in this process: on a real, small, trained run."""

import numpy as np
import pytest

from cnnlab import runs
from cnnlab.data.pixels import permuted, scaled
from cnnlab.data.registry import load
from cnnlab.errors import DatasetUnavailable, NotFinite, RunNotFound, RunNotReady
from cnnlab.robustness import results
from cnnlab.robustness.experiments import EXPERIMENTS, Experiment
from cnnlab.runs import Run, artifacts
from cnnlab.spec import PRESETS, ComparisonSpec
from cnnlab.worker import answers, measure, train

SMALL = PRESETS["small"].with_setting("data.images", 300).with_setting("training.epochs", 1)
NOISE = EXPERIMENTS["noise"]


def trained(spec: ComparisonSpec = SMALL, role: str = "model") -> Run:
    run_id = runs.create(role, "measured", spec.runs()[role])
    train.train(run_id)
    return runs.get(run_id)


@pytest.fixture(scope="module")
def run() -> Run:
    return trained()


@pytest.fixture
def forbidden(monkeypatch):
    """Whoever computes fails."""

    def compute(*arguments: object) -> None:
        raise AssertionError("it was computed")

    monkeypatch.setattr(measure, "_correct", compute)


@pytest.mark.parametrize("shuffled", [False, True], ids=["plain", "shuffled pixels"])
@pytest.mark.parametrize("role", ["model", "baseline"])
def test_undisturbed_a_network_is_as_right_as_in_its_test(role, shuffled):
    run = trained(SMALL.with_setting("data.shuffled_pixels", shuffled), role)
    measured = measure.measure(run.run_id, "contrast")
    at = EXPERIMENTS["contrast"].levels.index(1)
    tested = runs.predictions(run.run_id)
    np.testing.assert_array_equal(
        measured.right[at], tested["probabilities"].argmax(axis=1) == tested["labels"]
    )
    assert measured.right[at].mean() == pytest.approx(run.metrics["test_accuracy"])


def test_each_level_counts_what_the_network_says_of_the_images_disturbed_like_that(run):
    measured = measure.measure(run.run_id, "noise")
    data = load("fashion-mnist", "sample")
    assert measured.right.shape == (len(NOISE.levels), 2000)
    for number in (2, 5):
        disturbed = NOISE.disturb(scaled(data.x_test), NOISE.levels[number])
        says = answers.classify(run.run_id, 1, disturbed).argmax(axis=1)
        np.testing.assert_array_equal(measured.right[number], says == data.y_test)


def test_a_picture_is_disturbed_before_its_pixels_are_shuffled():
    run = trained(SMALL.with_setting("data.shuffled_pixels", True), "baseline")
    measured = measure.measure(run.run_id, "blur")
    data, blur = load("fashion-mnist", "sample"), EXPERIMENTS["blur"]
    given = permuted(blur.disturb(scaled(data.x_test), 2), run.spec.data)
    says = answers.classify(run.run_id, 1, given).argmax(axis=1)
    np.testing.assert_array_equal(measured.right[blur.levels.index(2)], says == data.y_test)


def test_a_picture_is_disturbed_before_it_becomes_raw_pixels():
    run = trained(SMALL.with_setting("data.pixels", "raw"), "baseline")
    measured = measure.measure(run.run_id, "blur")
    data, blur = load("fashion-mnist", "sample"), EXPERIMENTS["blur"]
    says = answers.classify(run.run_id, 1, blur.disturb(scaled(data.x_test), 2)).argmax(axis=1)
    np.testing.assert_array_equal(measured.right[blur.levels.index(2)], says == data.y_test)


def test_what_was_measured_is_stored_with_the_run_and_read_as_it_was(run):
    measured = measure.measure(run.run_id, "blur")
    again = results.stored(run, "blur")
    assert (again.experiment, again.epoch) == (measured.experiment, measured.epoch) == ("blur", 1)
    np.testing.assert_array_equal(again.right, measured.right)
    arrays = runs.load_npz(run.run_id, "robustness_blur.npz")
    assert arrays["right"].tolist() == measured.right.sum(axis=1).tolist()
    assert (arrays["images"], arrays["epoch"]) == (2000, 1)


def test_what_was_not_measured_is_not_there(run):
    assert results.stored(run, "zoom") is None


def test_asked_twice_it_is_computed_once(run, request):
    first = measure.measure(run.run_id, "contrast")
    request.getfixturevalue("forbidden")
    np.testing.assert_array_equal(measure.measure(run.run_id, "contrast").right, first.right)
    with pytest.raises(AssertionError, match="computed"):
        measure.measure(run.run_id, "zoom")


def test_a_run_that_was_trained_on_is_measured_anew():
    run = trained(role="baseline")
    before = measure.measure(run.run_id, "contrast")
    runs.reopen(run.run_id, 2)
    train.train(run.run_id)
    continued = runs.get(run.run_id)
    assert results.stored(continued, "contrast") is None
    after = measure.measure(run.run_id, "contrast")
    assert (before.epoch, after.epoch) == (1, 2)
    assert after.right[0].mean() == pytest.approx(continued.metrics["test_accuracy"])


def test_levels_that_have_changed_since_are_measured_anew(run, monkeypatch):
    measure.measure(run.run_id, "occlusion")
    others: Experiment = EXPERIMENTS["occlusion"]._replace(levels=(0, 0.5))
    monkeypatch.setitem(EXPERIMENTS, "occlusion", others)
    assert results.stored(run, "occlusion") is None


@pytest.mark.parametrize(
    "damage", [lambda content: b"", lambda content: content[:300], lambda content: b"no zip"]
)
def test_a_result_that_is_damaged_is_measured_anew(run, damage):
    first = measure.measure(run.run_id, "contrast")
    file = artifacts.folder_of(run.run_id) / "robustness_contrast.npz"
    file.write_bytes(damage(file.read_bytes()))
    assert results.stored(run, "contrast") is None
    np.testing.assert_array_equal(measure.measure(run.run_id, "contrast").right, first.right)


def test_progress_is_told_before_each_level():
    told: list[tuple[int, int]] = []
    measure.measure(trained(role="baseline").run_id, "noise", lambda *progress: told.append(progress))
    assert told == [(done, 7) for done in range(7)]


@pytest.mark.parametrize("levels", [0, 1, 3, 7])
def test_what_is_cancelled_ends_before_the_next_level_and_leaves_no_result(levels):
    run, told = trained(role="baseline"), []
    result = measure.measure(
        run.run_id, "noise", lambda done, total: told.append(done), cancelled=lambda: len(told) >= levels
    )
    assert result is None and told == list(range(levels))
    assert results.stored(run, "noise") is None


def test_a_run_that_still_trains_is_not_measured():
    run_id = runs.create("model", "measured", SMALL.runs()["model"])
    with pytest.raises(RunNotReady, match="CNN 8-16 can be measured once its training has ended"):
        measure.measure(run_id, "noise")
    runs.end(run_id, "stopped")


def test_a_run_without_weights_or_no_run_at_all_is_said_to_be_missing():
    run_id = runs.create("model", "measured", SMALL.runs()["model"])
    runs.end(run_id, "stopped")
    with pytest.raises(RunNotFound, match="has no 'weights'"):
        measure.measure(run_id, "noise")
    with pytest.raises(RunNotFound, match="There is no run"):
        measure.measure("0" * 32, "noise")


def test_test_images_that_are_not_at_hand_are_said_to_be_missing(run, monkeypatch):
    def gone(*arguments: object) -> None:
        raise DatasetUnavailable("The full Fashion-MNIST is not on this machine.")

    monkeypatch.setattr(measure, "load", gone)
    with pytest.raises(DatasetUnavailable, match="not on this machine"):
        measure.measure(run.run_id, "zoom")
    assert results.stored(run, "zoom") is None


def test_outputs_that_are_not_numbers_are_not_counted_and_nothing_is_stored(run, monkeypatch):
    from cnnlab.models import inspection

    monkeypatch.setattr(inspection, "predict", lambda model, x: np.full((len(x), 10), np.nan, np.float32))
    with pytest.raises(NotFinite, match="it has no accuracy"):
        measure.measure(run.run_id, "rotation")
    assert results.stored(run, "rotation") is None
