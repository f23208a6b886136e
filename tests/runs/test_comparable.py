from types import SimpleNamespace

import pytest

from cnnlab.runs.comparable import incomparable, setting_title, settings
from cnnlab.spec import PRESETS, RunSpec, flatten

LAB, DENSE = PRESETS["lab"].runs()["model"], PRESETS["lab"].runs()["baseline"]
TESTED = {"test_accuracy": 0.9}


def run(spec: RunSpec, run_id: str = "one", metrics: dict | None = None, status: str = "finished"):
    """As much of a run as is looked at."""
    metrics = TESTED if metrics is None else metrics
    return SimpleNamespace(run_id=run_id, spec=spec, metrics=metrics, status=status, reason="")


def with_data(**changes) -> RunSpec:
    return LAB.model_copy(update={"data": LAB.data.model_copy(update=changes)})


def test_no_runs_have_no_settings():
    assert settings([]) == []


def test_one_run_has_all_its_settings_and_none_differs():
    found = settings([LAB])
    of_blocks = [path for path in flatten(LAB) if path.startswith("model.blocks.1.")]
    assert len(found) == len(flatten(LAB)) - len(of_blocks) + 1  # both blocks at once, and their number
    assert not any(each.differs for each in found)


@pytest.mark.parametrize(
    "path, value, title, words",
    [
        ("training.epochs", 7, "Epochs", ("5", "7")),
        ("data.images", 2000, "Training images", ("10,000", "2,000")),
        ("model.blocks.1.filters", 32, "Filters of block 2", ("64", "32")),
        ("model.blocks.0.batch_norm", True, "Batch normalisation of block 1", ("no", "yes")),
        ("model.activation", "tanh", "Activation", ("relu", "tanh")),
        ("training.learning_rate", 0.01, "Learning rate", ("0.001", "0.01")),
        ("training.augment_turn", 15.0, "Turn images", ("0.0", "15.0")),
        ("training.augment_flip", True, "Flip images", ("no", "yes")),
    ],
)
def test_what_differs_is_named_by_its_control(path, value, title, words):
    changed = PRESETS["lab"].with_setting(path, value).runs()["model"]
    [found] = [each for each in settings([LAB, changed]) if each.differs]
    assert (found.title, found.words) == (title, words)


def test_a_setting_that_a_network_lacks_is_a_dash():
    by_title = {each.title: each.words for each in settings([LAB, DENSE])}
    assert by_title["Filters of every block"] == ("64", "–")
    assert by_title["Convolution blocks"] == ("2", "–")
    assert by_title["Kind of network"] == ("cnn", "dense")
    assert by_title["Activation"] == ("relu", "relu")


def test_the_hidden_layer_of_both_kinds_of_network_is_one_setting():
    by_title = {each.title: each.words for each in settings([LAB, DENSE])}
    assert by_title["Dense units"] == ("128", "128") and "Baseline units" not in by_title
    assert by_title["Second dense layer"] == ("0", "0") and "Second baseline layer" not in by_title


def test_a_setting_is_told_block_by_block_as_soon_as_one_network_needs_it():
    deep = PRESETS["deep"].runs()["model"]
    by_title = {each.title: each.words for each in settings([LAB, deep])}
    assert by_title["Filters of block 1"] == ("64", "32")
    assert by_title["Filters of block 4"] == ("–", "128")
    assert by_title["Padding of every block"] == ("valid", "same")


def test_every_setting_has_a_title_of_its_own_in_words():
    titles = [setting_title(path) for path in flatten(LAB)]
    assert len(set(titles)) == len(titles)
    assert all("_" not in title and title[0].isupper() for title in titles)


def test_runs_with_the_same_test_images_are_comparable_whatever_they_learned_from():
    others = [run(with_data(images=100)), run(DENSE), run(LAB)]
    assert incomparable(others, run(LAB)) == {}


@pytest.mark.parametrize(
    "other, reason",
    [
        (run(with_data(dataset="mnist")), "1,000 test images of Handwriting (MNIST) (sample)"),
        (run(with_data(source="full")), "10,000 test images of Fashion-MNIST (full)"),
        (run(with_data(dataset="lost")), "its data set 'lost' is not among the data sets of this cnnlab"),
        (run(LAB, metrics={}, status="failed"), "it was not tested: it is failed"),
    ],
)
def test_what_cannot_be_compared_is_told_with_the_reason(other, reason):
    found = incomparable([run(LAB, "base"), other], run(LAB, "base"))
    assert list(found) == ["one"] and reason in found["one"]
