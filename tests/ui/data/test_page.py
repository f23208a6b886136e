"""The page Data: on images at hand, with runs whose answers are made up."""

from collections.abc import Iterator

import numpy as np
import pytest
import requests
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.data.registry import load
from cnnlab.ui.data import choice
from tests.dashboard import opened, run
from tests.experiments import own_experiments
from tests.stored_answers import LABELS, NEXT, stored


@pytest.fixture(autouse=True)
def no_runs() -> Iterator[None]:
    """A store of one's own, with nothing in it."""
    with own_experiments():
        yield


def shown(dataset: str = "mnist") -> AppTest:
    """The page with a data set of the sidebar."""
    return opened("data", dataset=dataset, v=1)


def choose(app: AppTest, dataset: str) -> AppTest:
    app.selectbox(key=choice.DATASET).set_value(dataset)
    return run(app)


def texts(app: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "warning")
    return "\n".join(str(each.value) for kind in kinds for each in app.main.get(kind))


def facts(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.main.metric}


def alternatives(app: AppTest) -> list[str]:
    """The text alternatives of all pictures."""
    return [image.alt for gallery in app.main.get("image") for image in gallery.proto.imgs]


def test_the_page_begins_with_the_data_set_of_the_sidebar_and_says_what_it_is():
    app = shown("mnist")
    assert app.selectbox(key=choice.DATASET).value == "mnist"
    assert facts(app) == {
        "Training images": "4,000",
        "Test images": "1,000",
        "Classes": "10",
        "Pixels": "28×28",
        "Channels": "1 (grey)",
    }
    assert "right on 10.0% of them" in texts(app)
    assert [each.value for each in app.main.subheader] == [
        "Classes",
        "Class balance",
        "Pixel values",
        "Suspected label errors",
        "Duplicates of training images in the test set",
    ]


def test_another_data_set_can_be_chosen_here_without_changing_the_sidebar():
    app = choose(shown("mnist"), "digits")
    assert facts(app)["Pixels"] == "8×8"
    assert "Classes are not equally frequent" in texts(app)
    assert app.session_state["dataset"] == "mnist"


def test_shapes_are_shown_in_colour_and_have_two_sizes():
    app = choose(shown(), "shapes")
    assert facts(app)["Channels"] == "3 (colour)"
    app.button_group(key=f"{choice.SOURCE}_shapes").set_value("full")
    assert facts(run(app))["Training images"] == "20,000"


def test_a_full_set_is_not_downloaded_until_it_is_asked_for(monkeypatch, tmp_path):
    monkeypatch.delenv("CNNLAB_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked = []
    app = choose(shown(), "cifar-10")
    monkeypatch.setattr(choice, "load", lambda *arguments: asked.append(arguments[:2]))
    assert "The full CIFAR-10 is not on this machine" in texts(app) and not app.main.subheader
    run(app)
    assert not asked
    button = app.button(key="download_full_set")
    assert button.label == "Download 170 MB"
    button.click()
    run(app)
    assert asked == [("cifar-10", "full")]


def test_a_download_that_fails_is_a_sentence(monkeypatch, tmp_path):
    def offline(*_args, **_kwargs):
        raise requests.ConnectionError("no route to host")

    monkeypatch.delenv("CNNLAB_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(requests, "get", offline)
    app = choose(shown(), "cifar-10")
    app.button(key="download_full_set").click()
    run(app)
    [warning] = app.main.warning
    assert "failed: ConnectionError" in warning.value and "Choose another 'Data set'" in warning.value


def test_every_class_has_its_mean_and_samples_and_every_picture_a_text():
    said = alternatives(shown())
    for digit in "0123456789":
        assert f"{digit}: the mean image" in said and f"{digit}: 12 training images" in said
    assert all(said)


def test_the_closest_pairs_are_shown_with_classes_and_distance():
    app = shown()
    pairs = [each for each in alternatives(app) if each.startswith("Test image ")]
    assert len(pairs) == 12 and all("and training image" in each for each in pairs)
    assert sum(" levels apart" in each.value for each in app.main.markdown) == 12
    assert "No test image is also a training image, exactly or nearly" in texts(app)


@pytest.mark.parametrize(("count", "said"), [(0, "none is stored"), (1, "1 is stored"), (2, "2 are stored")])
def test_with_too_few_runs_the_page_says_how_many_it_takes(count, said):
    for _ in range(count):
        stored(np.array([3]))
    [info] = shown().main.info
    assert info.value.startswith("It takes at least 3 finished runs on this data set")
    assert said in info.value and "train more networks on the page Lab" in info.value


def test_images_that_most_runs_contradict_are_suspected_label_errors():
    for wrong in ([3, 7], [3, 7], [3, 50], [60]):
        stored(np.array(wrong), confidence=0.95)
    app = shown()
    assert "**1 suspected label error among the 1,000 test images**" in texts(app)
    assert "a perfect network would reach 99.9% by these labels" in texts(app)
    [card] = [each.value for each in app.main.markdown if "mean confidence" in each.value]
    assert card.startswith(f"labelled **{LABELS[3]}**  \n3 of 4 runs: **{NEXT[3]}**")
    assert card.endswith("mean confidence 95%")
    assert f"Test image 4, labelled {LABELS[3]}" in alternatives(app)


def test_runs_that_cannot_be_asked_are_left_out_and_told():
    for _ in range(3):
        stored(np.array([3]))
    stored(np.arange(400))  # far less accurate than the best
    stored(np.array([5]), labels=LABELS[::-1].copy())  # of other test images
    without = runs.create("model", "no answers", runs.get(stored(np.array([3]))).spec)
    runs.start(without, "CPU")
    runs.end(without, "finished")
    app = shown()
    assert "2 finished runs are left out" in texts(app)
    assert "most of 4 runs contradict with confidence" in texts(app)


def test_runs_of_another_data_set_are_not_asked():
    for _ in range(3):
        stored(np.array([3]))
    app = choose(shown(), "digits")
    assert "none is stored" in texts(app) and "left out" not in texts(app)


def test_a_damaged_sample_is_a_sentence(monkeypatch):
    from cnnlab.errors import DatasetUnavailable

    def damaged(*_args):
        raise DatasetUnavailable("mnist.npz cannot be read: damaged.")

    monkeypatch.setattr(choice, "load", damaged)
    app = shown()
    assert [each.value for each in app.main.warning] == ["mnist.npz cannot be read: damaged."]
    assert not app.main.subheader


def test_the_numbers_of_a_set_are_not_those_of_its_other_size():
    keys = {
        choice.Chosen("shapes", source, choice.DATASETS["shapes"], load("shapes", source)).key
        for source in ("sample", "full")
    }
    assert len(keys) == 2
