"""The section "Where they differ", on stored answers; nobody is asked anything."""

import numpy as np
import pytest

from cnnlab import runs
from cnnlab.runs import artifacts
from tests.dashboard import run
from tests.stored_answers import LABELS, MNIST, shown_differences, stored, texts

pytestmark = pytest.mark.usefixtures("nobody_is_asked")


def test_the_verdict_stands_first_with_the_counts_it_rests_on(good, poor):
    app = shown_differences(good, poor)
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
    text = texts(shown_differences(good, poor))
    assert r"**CNN 8-16: 900 of 1,000 right**" in text
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
    app = shown_differences(poor, good, equal, baseline=poor)
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
        r"**No clear winner: CNN 8-16 (2) and CNN 8-16 (1) are right on equally many of"
    )


def test_networks_with_the_same_answers_are_not_told_apart_and_have_no_gallery(good):
    text = texts(shown_differences(good, stored(np.arange(0, 100))))
    assert "are right on the same 900 of the 1,000 test images" in text
    assert "There is no test image that only" in text


def test_a_run_without_stored_answers_is_left_out_with_a_sentence(good, poor):
    missing = runs.create("model", "where they differ", MNIST.runs()["model"])
    runs.end(missing, "failed")
    app = shown_differences(good, missing, poor)
    assert r"CNN 8-16 (2) is left out here. The run has no 'test\_predictions.npz'" in texts(app)
    assert "**CNN 8-16 (1) is better than Dense 32" in texts(app)
    assert "It takes two tested networks" in texts(shown_differences(good, missing))


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
    text = texts(shown_differences(good, odd, poor))
    assert says in text and "**CNN 8-16 (1) is better than Dense 32" in text


def test_a_run_that_still_trains_is_left_out_with_a_sentence(good, poor):
    waiting = runs.create("model", "where they differ", MNIST.runs()["model"])
    assert r"It is waiting: the test comes at the end." in texts(shown_differences(good, waiting, poor))
    runs.end(waiting, "stopped")


def test_a_network_that_diverged_has_no_accuracy_and_is_left_out_with_the_reason(good, poor):
    diverged = stored(np.arange(3))
    arrays = {"labels": LABELS, "probabilities": np.full((len(LABELS), 10), np.nan, np.float32)}
    runs.save_npz(diverged, "test_predictions.npz", arrays)
    text = texts(shown_differences(good, diverged, poor))
    assert "CNN 8-16 (2) is left out here. Its outputs are not numbers, since its training diverged" in text
    assert "**CNN 8-16 (1) is better than Dense 32" in text
