"""A small benchmark, run as the command runs it."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from cnnlab.bench import PARTS


@pytest.fixture(scope="module")
def printed() -> dict:
    """A small benchmark, run as the command runs it."""
    command = [sys.executable, "-m", "cnnlab", "bench", "--images", "100", "--rounds", "1", "--json"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def measured(printed: dict, what: str) -> bool:
    return not any(what in sentence for sentence in printed["left_out"])


def test_every_arm_has_its_turn_on_every_network(printed):
    turns = {(turn["role"], turn["arm"]) for turn in printed["speeds"]}
    arms = {"Keras", "cnnlab", "silent"} | ({"PyTorch"} if measured(printed, "PyTorch") else set())
    in_half = {name for name in ("cnnlab", "PyTorch") if name in arms and measured(printed, "bfloat16")}
    assert turns == {(role, arm) for role in ("model", "baseline") for arm in arms} | {
        ("model", f"{name} bfloat16") for name in in_half
    }
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
    pytorch, half = (measured(printed, what) for what in ("PyTorch", "bfloat16"))
    assert len(printed["rows"]) == 14 + 2 * pytorch + 2 * half + (pytorch and half)


def test_the_benchmark_says_on_what_it_ran(printed):
    assert printed["machine"]["cores"] == os.cpu_count()
    assert {"processor", "device", "Keras backend", "tensorflow", "keras"} <= printed["machine"].keys()


def test_the_parts_that_can_be_asked_for_are_those_there_are():
    from cnnlab.cli.commands import main

    option = next(option for option in main.commands["bench"].params if option.name == "parts")
    assert tuple(option.type.choices) == PARTS
