"""The section "Where they differ", on stored answers; nobody is asked anything."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.data.registry import load
from cnnlab.errors import DatasetUnavailable
from cnnlab.runs import artifacts, store
from cnnlab.spec import PRESETS
from cnnlab.ui.cached import test_images
from cnnlab.ui.cached.predictions import Predicted, predicted
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.compare import confusion
from cnnlab.ui.labelled_runs import Candidate
from cnnlab.ui.plain_text import plain
from cnnlab.views.figures.confusion import Cell
from cnnlab.views.palette import COMPARED_COLORS
from tests.dashboard import run

MNIST = PRESETS["small"].with_setting("data.dataset", "mnist")
CLASSES = tuple("0123456789")
LABELS = load("mnist", "sample").y_test
NEXT = (LABELS + 1) % 10  # what a wrong answer is


def stored(wrong: np.ndarray, role: str = "model", labels: np.ndarray = LABELS) -> str:
    """A run that takes these images for the next digit and is right on all others."""
    answers = labels.copy()
    answers[wrong] = NEXT[wrong]
    probabilities = np.full((len(labels), 10), 0.02, np.float32)
    probabilities[np.arange(len(labels)), answers] = 0.82
    run_id = runs.create(role, "where they differ", MNIST.runs()[role])
    runs.save_npz(run_id, "test_predictions.npz", {"probabilities": probabilities, "labels": labels})
    runs.start(run_id, "CPU")
    runs.end(run_id, "finished")
    return run_id


@pytest.fixture(scope="module")
def good() -> str:
    return stored(np.arange(0, 100))


@pytest.fixture(scope="module")
def poor() -> str:
    return stored(np.arange(80, 300), "baseline")


@pytest.fixture(autouse=True)
def nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("a worker was asked")

    monkeypatch.setattr(trainer().questions, "ask", refuse)


def section(run_ids: tuple[str, ...], baseline: str) -> None:
    from cnnlab import runs
    from cnnlab.ui.compare import differences
    from cnnlab.ui.labelled_runs import candidates

    compared = candidates([runs.get(run_id) for run_id in run_ids])
    differences.show(compared, next(each for each in compared if each.run.run_id == baseline))


def shown(*run_ids: str, baseline: str | None = None) -> AppTest:
    return run(AppTest.from_function(section, default_timeout=30, args=(run_ids, baseline or run_ids[-1])))


def texts(app: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "warning")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))


def alternatives(app: AppTest) -> list[str]:
    """The text alternatives of all pictures."""
    return [picture.alt for image in app.get("image") for picture in image.proto.imgs]


def test_the_verdict_stands_first_with_the_counts_it_rests_on(good, poor):
    app = shown(good, poor)
    verdict = app.markdown[0].value
    assert verdict.startswith("**CNN 8-16 is better than Dense 32 by 12.0 points** (95% interval ")
    assert "only CNN 8-16 gets 200 right, only Dense 32 80." in verdict
    [table] = app.table
    assert table.value.to_numpy().tolist() == [
        ["700 (70.0%)", "200 (20.0%)", "900 (90.0%)"],
        ["80 (8.0%)", "20 (2.0%)", "100 (10.0%)"],
        ["780 (78.0%)", "220 (22.0%)", "1,000 (100.0%)"],
    ]


def test_the_figures_say_in_words_what_they_show(good, poor):
    text = texts(shown(good, poor))
    assert "**CNN 8-16**: 900 of 1,000 right" in text
    assert "CNN 8-16 and Dense 32 differ most at " in text
    assert (
        "**CNN 8-16 is underconfident by 8.0 points**. Its mean confidence is 82.0%, its accuracy 90.0%."
        in text
    )
    assert (
        "**Dense 32 is overconfident by 4.0 points**. Its mean confidence is 82.0%, its accuracy 78.0%."
        in text
    )


def test_of_more_than_two_the_baseline_and_another_are_chosen_and_can_be_exchanged(good, poor):
    equal = stored(np.arange(100, 200))
    app = shown(poor, good, equal, baseline=poor)
    first, second = app.selectbox(key="differ_first"), app.selectbox(key="differ_second")
    assert (first.value, second.value) == (good, poor)
    assert len(second.options) == 2, "a network is not held against itself"
    first.set_value(poor)
    run(app)
    assert app.selectbox(key="differ_second").value != poor
    app.selectbox(key="differ_first").set_value(equal)
    app.selectbox(key="differ_second").set_value(good)
    run(app)
    verdict = app.markdown[0].value
    assert verdict.startswith(
        r"**No clear winner\: CNN 8-16 (2) and CNN 8-16 (1) are right on equally many of"
    )


def test_the_cell_that_differs_most_is_shown_and_another_can_be_chosen_without_a_mouse(good, poor):
    app = shown(good, poor)
    app.selectbox(key="cell_class_mnist").set_value("3")
    app.selectbox(key="cell_taken_for_mnist").set_value("4")
    app.selectbox(key="cell_by").set_value("second")
    run(app)
    count = int((LABELS[80:300] == 3).sum())
    assert f"**{count}** of class 3 that Dense 32 predicts as 4" in texts(app)
    assert any(
        f"{count} test images of class 3 that Dense 32 predicts as 4" in alt for alt in alternatives(app)
    )


def network(run_id: str) -> Predicted:
    return predicted(
        Candidate(runs.get(run_id), "B" if "baseline" in runs.get(run_id).role else "A", COMPARED_COLORS[0])
    )


def test_the_images_of_a_cell_are_those_of_one_network_or_of_only_one(good, poor):
    first, second = network(good), network(poor)
    cell = Cell(label=5, predicted=6)
    five = np.flatnonzero(LABELS == 5)
    [(title, numbers)] = confusion.groups(first, second, cell, confusion.FIRST)
    assert title == "of class 5 that A predicts as 6"
    assert numbers.tolist() == five[five < 100].tolist()
    (_, only_first), (title, only_second) = confusion.groups(first, second, cell, confusion.ONE)
    assert title == "of class 5 that only B predicts as 6"
    assert only_first.tolist() == five[five < 80].tolist()
    assert only_second.tolist() == five[(five >= 100) & (five < 300)].tolist()
    [(title, numbers)] = confusion.groups(first, second, Cell(5, 5), confusion.SECOND)
    assert title == "of class 5 that B gets right"
    assert numbers.tolist() == five[(five < 80) | (five >= 300)].tolist()


def clicked(x: object, y: object, by: str) -> None:
    import streamlit as st

    from cnnlab.ui.compare import confusion
    from cnnlab.ui.components.plot import Click

    st.session_state["cell_class_mnist"] = st.session_state["cell_taken_for_mnist"] = "0"
    confusion._choose("mnist", tuple("0123456789"), by, Click(x, y))


@pytest.mark.parametrize(
    "x, y, chosen", [("7", "2", ("2", "7")), ("17", "2", ("0", "0")), ({}, None, ("0", "0"))]
)
def test_a_click_puts_its_cell_into_the_boxes_and_anything_else_changes_nothing(x, y, chosen):
    app = run(AppTest.from_function(clicked, args=(x, y, "second")))
    assert (app.session_state["cell_class_mnist"], app.session_state["cell_taken_for_mnist"]) == chosen
    assert ("cell_by" in app.session_state) == (chosen != ("0", "0"))


def test_many_images_are_paged(good, poor):
    app = shown(good, poor)
    app.selectbox(key="cell_class_mnist").set_value("1")
    app.selectbox(key="cell_taken_for_mnist").set_value("1")
    app.selectbox(key="cell_by").set_value("first")
    run(app)
    assert any(
        "48 test images of class 1 that CNN 8-16 gets right, page 1 of" in alt for alt in alternatives(app)
    )


def test_the_gallery_shows_what_only_one_gets_right_with_the_likeliest_of_both(good, poor):
    app = shown(good, poor)
    assert "200 images. Those of which Dense 32 is surest, and wrong, come first" in texts(app)
    cards = [text.value for text in app.markdown if "| CNN 8-16, right | Dense 32, wrong |" in text.value]
    assert len(cards) == 12
    assert cards[0].count("82.0%") == 2 and cards[0].count("2.0%") >= 6
    app.selectbox(key="only_right_class_mnist").set_value("7")
    run(app)
    assert f"{int((LABELS[100:300] == 7).sum())} images." in texts(app)


def test_the_gallery_can_be_turned_to_the_other_network(good, poor):
    app = shown(good, poor)
    app.button_group(key=f"only_right_{good}_{poor}").set_value(poor)
    run(app)
    assert "80 images. Those of which CNN 8-16 is surest" in texts(app)


def test_networks_with_the_same_answers_are_not_told_apart_and_have_no_gallery(good):
    text = texts(shown(good, stored(np.arange(0, 100))))
    assert "are right on the same 900 of the 1,000 test images" in text
    assert "There is no test image that only" in text


def test_a_run_without_stored_answers_is_left_out_with_a_sentence(good, poor):
    missing = runs.create("model", "where they differ", MNIST.runs()["model"])
    runs.end(missing, "failed")
    app = shown(good, missing, poor)
    assert "CNN 8-16 (2) is left out here. The run has no 'test_predictions.npz'" in texts(app)
    assert "**CNN 8-16 (1) is better than Dense 32" in texts(app)
    assert "It takes two tested networks" in texts(shown(good, missing))


@pytest.mark.parametrize(
    "arrays, says",
    [
        ({"labels": LABELS}, "does not fit its data set"),
        ({"labels": LABELS, "probabilities": np.zeros((3, 10))}, "does not fit its data set"),
        ({"labels": np.roll(LABELS, 1), "probabilities": np.eye(10)[LABELS]}, "was tested on other images"),
        (None, "cannot be read"),
    ],
)
def test_answers_that_cannot_be_compared_are_left_out_with_a_sentence(good, poor, arrays, says):
    odd = stored(np.arange(3))
    if arrays is None:
        artifacts.save(odd, "test_predictions.npz", b"PK damaged")
    else:
        runs.save_npz(odd, "test_predictions.npz", arrays)
    text = texts(shown(good, odd, poor))
    assert says in text and "**CNN 8-16 (1) is better than Dense 32" in text


def test_a_run_that_still_trains_is_left_out_with_a_sentence(good, poor):
    waiting = runs.create("model", "where they differ", MNIST.runs()["model"])
    assert "It is waiting: the test comes at the end." in texts(shown(good, waiting, poor))
    runs.end(waiting, "stopped")


def test_a_network_that_diverged_has_no_calibration_but_all_the_rest(poor):
    diverged = stored(np.arange(3))
    arrays = {"labels": LABELS, "probabilities": np.full((len(LABELS), 10), np.nan, np.float32)}
    runs.save_npz(diverged, "test_predictions.npz", arrays)
    text = texts(shown(diverged, poor))
    assert "**CNN 8-16 has no calibration curve**. Its probabilities are not numbers" in text
    assert "**Dense 32 is better than CNN 8-16" in text


def test_without_the_test_images_the_numbers_stay(good, poor, monkeypatch):
    def gone(run: object) -> None:
        raise DatasetUnavailable("The full set is not here.")

    monkeypatch.setattr(test_images, "pictures", gone)
    text = texts(shown(good, poor))
    assert "The full set is not here." in text and "**CNN 8-16 is better than Dense 32" in text


def test_a_continued_run_is_read_again():
    run_id = stored(np.arange(10))
    before = network(run_id)
    arrays = {"labels": LABELS, "probabilities": np.eye(10, dtype=np.float32)[LABELS]}
    runs.save_npz(run_id, "test_predictions.npz", arrays)
    assert not network(run_id).right.all(), "kept"
    store.client().log_metric(run_id, "test_loss", 0.1)
    assert network(run_id).right.all() and not before.right.all()


@pytest.mark.parametrize(
    "name, shown_as", [("CNN 64-64 (2)", "CNN 64-64 (2)"), ("a *b* |c| $d$", r"a \*b\* \|c\| \$d\$")]
)
def test_a_name_is_shown_as_it_was_given(name, shown_as):
    assert plain(name) == shown_as
