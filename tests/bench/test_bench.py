import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from cnnlab.bench import PARTS, processes, pytorch
from cnnlab.bench.competitors import Marks
from cnnlab.bench.table import SPEED_COLUMNS, Benchmark, Row, aligned, flop_per_image
from cnnlab.bench.through_trainer import TOGETHER_COLUMNS, WAIT_COLUMNS, BaselineAlone, never_built
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
    return Benchmark({"cores": 2}, LAB, 9000, speeds, [1e11, 2e11], waits, together, missing)


def values(result: Benchmark, what: str, against: str) -> tuple[float, ...]:
    found = [row for row in result.rows() if what in row.what and against in row.against]
    assert len(found) == 1
    return found[0].measured


def test_speeds_are_compared_within_a_round_whatever_the_order():
    assert values(benchmark(), "CNN, images/s", "Keras") == (1.5, 3.0)


def test_reporting_costs_the_time_with_it_over_the_time_without():
    assert values(benchmark(), "CNN, time with reporting", "without") == (2.0, 1.0)


def test_the_share_of_the_machine_counts_training_steps_alone_against_the_same_rounds_products():
    flop = flop_per_image(LAB)
    expected = (200 * flop / 1e11, 40 * flop / 2e11)
    assert values(benchmark(), "FLOP/s", "matrix products") == pytest.approx(expected)


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


def test_the_first_epoch_is_not_counted_and_validation_is_told_apart(monkeypatch):
    times = iter([0.0, 5.0, 6.0, 16.0, 18.0, 21.0, 27.0, 30.0])
    monkeypatch.setattr("cnnlab.bench.competitors.time.perf_counter", lambda: next(times))
    marks = Marks()
    for epoch, ended in [
        (0, True),
        (1, False),
        (1, True),  # at 6: here the counted time begins
        (2, False),  # at 16: 10 s of steps
        (2, True),  # at 18
        (3, False),
        (3, False),  # at 27: 9 s of steps
        (3, True),  # at 30
    ]:
        marks.note(epoch, ended)
    assert marks.seconds() == (24.0, 19.0)


def test_a_network_never_built_before_differs_from_all_others_in_every_layer_with_weights():
    networks = [LAB, *(never_built(LAB, number) for number in range(3))]
    for size in (
        lambda spec: spec.model.blocks[0].filters,
        lambda spec: spec.model.dense_units,
        lambda spec: spec.baseline.units,
    ):
        assert len({size(spec) for spec in networks}) == 4


def test_the_baseline_alone_is_the_baseline_of_the_same_comparison():
    assert BaselineAlone.of(LAB).runs() == {"baseline": LAB.runs()["baseline"]}


@pytest.mark.parametrize(("role", "parameters"), [("model", 243_786), ("baseline", 101_770)])
def test_pytorchs_networks_have_the_parameters_of_keras_networks(role, parameters):
    torch = pytest.importorskip("torch", reason="PyTorch is compared where it is installed")
    network = pytorch.network(LAB.runs()[role].model, 10)
    assert network(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    assert sum(weights.numel() for weights in network.parameters()) == parameters


@pytest.mark.parametrize(
    ("path", "value"),
    [("model.dropout", 0.5), ("model.activation", "tanh"), ("model.blocks.1.padding", "same")],
)
def test_a_network_that_is_not_written_in_pytorch_is_refused(path, value):
    pytest.importorskip("torch", reason="PyTorch is compared where it is installed")
    with pytest.raises(ValueError, match="written in PyTorch"):
        pytorch.network(LAB.with_setting(path, value).model, 10)


def test_pytorch_is_left_out_where_it_is_missing_or_a_gpu_trains(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    assert pytorch.why_left_out("CPU") == ""
    assert "NVIDIA" in pytorch.why_left_out("NVIDIA H200")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "not installed" in pytorch.why_left_out("CPU")


def test_a_process_keeps_its_environment_to_itself_and_hands_back_what_is_raised():
    with processes.process({"CNNLAB_BENCH_TEST": "there"}, os.getpid) as call:
        assert call(os.getenv, "CNNLAB_BENCH_TEST") == "there"
        assert call(os.getpid) == call(os.getpid) != os.getpid()
        with pytest.raises(ZeroDivisionError):
            call(divmod, 1, 0)
    assert "CNNLAB_BENCH_TEST" not in os.environ


@pytest.fixture(scope="module")
def printed() -> dict:
    """A small benchmark, run as the command runs it."""
    command = [sys.executable, "-m", "cnnlab", "bench", "--images", "100", "--rounds", "1", "--json"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_arm_has_its_turn_on_every_network(printed):
    turns = {(turn["role"], turn["arm"]) for turn in printed["speeds"]}
    arms = {"Keras", "cnnlab", "silent"} | (set() if printed["left_out"] else {"PyTorch"})
    assert turns == {(role, arm) for role in ("model", "baseline") for arm in arms}
    assert all(turn["steps"] >= turn["whole"] > 0 for turn in printed["speeds"])
    assert printed["images"] == 90 and printed["matrix_flop_per_second"][0] > 1e9


def test_the_first_loss_is_waited_for_on_both_networks_beside_plain_fit(printed):
    waits = {(wait["role"], wait["event"]): wait["seconds"] for wait in printed["waits"]}
    for role in ("model", "baseline"):
        assert waits[role, "Keras"] > 0
        assert 0 < waits[role, "step 0"] <= waits[role, "first steps"]


def test_the_printed_rows_are_those_of_the_printed_measurements(printed):
    seconds = {entry["how"]: entry["seconds"] for entry in printed["together"]}
    row = next(row for row in printed["rows"] if row["against"] == "one after the other")
    assert row["median"] == pytest.approx(seconds["together"] / seconds["one after the other"])
    assert row["met"] == (row["median"] <= row["target"])
    assert np.isfinite([row["median"] for row in printed["rows"]]).all()
    assert len(printed["rows"]) == (14 if printed["left_out"] else 16)


def test_the_benchmark_says_on_what_it_ran(printed):
    assert printed["machine"]["cores"] == os.cpu_count()
    assert {"processor", "device", "Keras backend", "tensorflow", "keras"} <= printed["machine"].keys()


def test_the_parts_that_can_be_asked_for_are_those_there_are():
    from cnnlab.__main__ import main

    option = next(option for option in main.commands["bench"].params if option.name == "parts")
    assert tuple(option.type.choices) == PARTS
