"""From measurements to the ratios of the table."""

import pandas as pd
import pytest

from cnnlab.bench.results import (
    SPEED_COLUMNS,
    TOGETHER_COLUMNS,
    WAIT_COLUMNS,
    Benchmark,
    Row,
    aligned,
    flop_per_image,
)
from cnnlab.spec import PRESETS

LAB = PRESETS["lab"]
SPEEDS = pd.DataFrame(
    [
        ("model", 0, "Keras", 100.0, 100.0),
        ("model", 0, "cnnlab", 150.0, 200.0),
        ("model", 0, "silent", 300.0, 400.0),
        ("model", 1, "silent", 30.0, 50.0),
        ("model", 1, "cnnlab", 30.0, 40.0),
        ("model", 1, "Keras", 10.0, 10.0),
        ("model", 1, "cnnlab bfloat16", 50.0, 60.0),
        ("model", 0, "cnnlab bfloat16", 200.0, 400.0),
    ],
    columns=SPEED_COLUMNS,
)
WAITS = pd.DataFrame(
    [
        ("model", 0, "Keras", 2.0),
        ("model", 0, "step 0", 0.5),
        ("model", 0, "first steps", 3.0),
        ("model", 1, "Keras", 1.0),
        ("model", 1, "step 0", 0.5),
        ("model", 1, "first steps", 1.0),
    ],
    columns=WAIT_COLUMNS,
)
TOGETHER = pd.DataFrame(
    [
        (0, "together", 8.0),
        (0, "one after the other", 10.0),
        (1, "one after the other", 5.0),
        (1, "together", 5.0),
    ],
    columns=TOGETHER_COLUMNS,
)


def benchmark(speeds=SPEEDS, waits=WAITS, together=TOGETHER, missing="") -> Benchmark:
    rates = [1e11, 2e11], [4e11, 3e11]
    return Benchmark({"cores": 2}, LAB, 9000, speeds, *rates, waits, together, missing, "")


def values(result: Benchmark, what: str, against: str) -> tuple[float, ...]:
    found = [row for row in result.rows() if what in row.what and against in row.against]
    assert len(found) == 1
    return found[0].measured


def test_speeds_are_compared_within_a_round_whatever_the_order():
    assert values(benchmark(), "CNN, images/s", "Keras") == (1.5, 3.0)
    assert values(benchmark(), "CNN, mixed bfloat16, images/s", "Keras") == (2.0, 5.0)


def test_reporting_costs_the_time_with_it_over_the_time_without():
    assert values(benchmark(), "CNN, time with reporting", "without") == (2.0, 1.0)


def test_the_share_of_the_machine_counts_training_steps_alone_against_the_same_rounds_products():
    flop = flop_per_image(LAB)
    expected = (200 * flop / 1e11, 40 * flop / 2e11)
    assert values(benchmark(), "CNN, FLOP/s", "float32 matrix products") == pytest.approx(expected)
    in_half = (400 * flop / 4e11, 60 * flop / 3e11)
    assert values(benchmark(), "bfloat16, FLOP/s", "bfloat16 matrix") == pytest.approx(in_half)


def test_an_image_of_the_lab_network_takes_about_31_million_operations():
    assert flop_per_image(LAB) == pytest.approx(31e6, rel=0.03)


def test_the_wait_for_the_first_loss_is_compared_within_a_round():
    assert values(benchmark(), "(step 0)", "Keras") == (0.25, 0.5)
    assert values(benchmark(), "first training steps' loss", "Keras") == (1.5, 1.0)
    assert values(benchmark(), "(step 0)", "seconds") == (0.5, 0.5)


def test_together_is_compared_with_one_after_the_other():
    assert values(benchmark(), "at the same time", "one after the other") == (0.8, 1.0)


def test_other_networks_rows_are_their_own():
    dense = SPEEDS.assign(role="baseline", whole=SPEEDS["whole"].where(SPEEDS["arm"] == "Keras", 7.0))
    both = benchmark(pd.concat([SPEEDS, dense]))
    assert values(both, "CNN, images/s", "Keras") == (1.5, 3.0)
    assert values(both, "Dense baseline, images/s", "Keras") == pytest.approx((0.07, 0.7))


def test_without_pytorch_its_rows_are_left_out_and_a_sentence_says_so():
    result = benchmark(missing="PyTorch is not here.")
    assert not [row for row in result.rows() if "PyTorch" in row.against]
    assert result.as_text().endswith("PyTorch is not here.")
    with_it = pd.concat([SPEEDS, SPEEDS[SPEEDS["arm"] == "Keras"].assign(arm="PyTorch", whole=50.0)])
    assert values(benchmark(with_it), "CNN, images/s", "PyTorch") == (3.0, 0.6)


@pytest.mark.parametrize(
    ("empty", "gone"),
    [
        ({"speeds": SPEEDS[:0]}, ("images/s", "FLOP/s", "reporting")),
        ({"waits": WAITS[:0]}, ("first loss", "first training steps")),
        ({"together": TOGETHER[:0]}, ("same time",)),
    ],
)
def test_a_part_that_was_left_out_has_no_rows_and_the_others_stay(empty, gone):
    everything = {row.what for row in benchmark().rows()}
    left = {row.what for row in benchmark(**empty).rows()}
    assert left and everything - left == {what for what in everything if any(word in what for word in gone)}


@pytest.mark.parametrize(
    ("target", "at_least", "met"),
    [(2.0, True, True), (2.1, True, False), (2.0, False, True), (1.9, False, False), (None, True, None)],
)
def test_the_median_decides_whether_a_target_is_met(target, at_least, met):
    row = Row("speed", "something", target, at_least, (9.0, 2.0, 0.0))
    assert (row.median, row.met) == (2.0, met)


def test_a_line_shows_target_median_spread_and_verdict():
    assert Row("A", "B", 1.25, True, (1.0, 1.5, 2.0)).cells() == [
        "A",
        "B",
        "≥ 1.25",
        "1.50 (1.00–2.00)",
        "yes",
    ]
    assert Row("A", "B", 0.9, False, (1.0,)).cells()[2:] == ["≤ 0.9", "1.00 (1.00–1.00)", "no"]


def test_columns_are_aligned():
    assert aligned([["a", "bb", "c"], ["aaa", "b", ""]]) == "a    bb  c\naaa  b"
