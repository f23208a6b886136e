import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cnnlab.cli import sweep as command
from cnnlab.cli.commands import main
from cnnlab.cli.sweep import METHODS, OBJECTIVES, PRUNINGS, planned
from cnnlab.studies import sweep_plan
from cnnlab.studies.sweep_plan import Choices, Numbers

ROOT = Path(__file__).parents[2]


def test_the_options_have_the_choices_of_a_sweep():
    assert set(METHODS) == set(sweep_plan.METHODS)
    assert set(PRUNINGS) == set(sweep_plan.PRUNINGS)
    assert set(OBJECTIVES) == set(sweep_plan.OBJECTIVES)


def plan_of(*arguments: str):
    context = command.sweep.make_context("sweep", list(arguments))
    options = {
        name: value for name, value in context.params.items() if name not in ("exported", "file", "as_json")
    }
    return planned(**options)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model.dense_units=16..128", Numbers(path="model.dense_units", low=16, high=128)),
        (
            "training.learning_rate=1e-4..1e-1,log",
            Numbers(path="training.learning_rate", low=1e-4, high=0.1, log=True),
        ),
        ("model.dropout=0..0.5,step=0.1", Numbers(path="model.dropout", low=0, high=0.5, step=0.1)),
        ("training.optimizer=adam,sgd", Choices(path="training.optimizer", values=("adam", "sgd"))),
        ("model.blocks.*.filters=8, 16", Choices(path="model.blocks.*.filters", values=(8, 16))),
        ("training.augment_flip=true,false", Choices(path="training.augment_flip", values=(True, False))),
    ],
)
def test_a_range_is_read(text, expected):
    assert plan_of("--range", text).ranges == (expected,)


def test_all_options_reach_the_sweep():
    arguments = (
        "--preset small --seed 3 --trials 7 --minutes 2.5 --method nsga2 --objective accuracy_macs --stored "
        "--seeds 2 --confirm 4 --sampler-seed 9 --at-once 2 --range model.dense_units=8..16"
    )
    plan = plan_of(*arguments.split())
    assert (plan.trials, plan.minutes, plan.method, plan.objective) == (7, 2.5, "nsga2", "accuracy_macs")
    assert (plan.seeds, plan.confirm_seeds, plan.sampler_seed, plan.at_once) == (2, 4, 9, 2)
    assert plan.use_stored and plan.comparison.training.seed == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("", "choose at least one setting under 'Settings to vary'"),
        ("--range model.dense_units", "is no range: write it as"),
        ("--range model.dense_units=16..", "is no range: write 16..128"),
        ("--range model.dense_units=128..16", "from a lower to a higher number"),
        ("--range training.optimizer=adam,lion", "change 'Optimizer'"),
        ("--range model.colour=1,2", "there is no such setting"),
        ("--range model.dense_units=16..32 --trials 0", "'Trials' must be from 1"),
        ("--range model.dense_units=16..32 --prune wilcoxon", "set 'Seeds per trial' to at least 4"),
        ("--export last", "--export and --to need each other"),
        ("--set model.colour=1 --range model.dense_units=16..32", "There is no setting"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(arguments, sentence):
    result = CliRunner().invoke(main, ["sweep", *arguments.split()])
    assert result.exit_code == 2 and sentence in result.output, result.output


def test_a_sweep_from_the_command_line_and_its_export(tmp_path: Path):
    """One process trains, as in a terminal; the next one exports what that has stored."""
    arguments = (
        "--preset small --images 100 --epochs 1 --set model.dense_units=8 --trials 3 --method random "
        "--confirm 0 --range training.learning_rate=1e-4..1e-1,log --json"
    )
    done = subprocess.run(
        [sys.executable, "-m", "cnnlab", "sweep", *arguments.split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["state"] == "finished"
    assert [trial["state"] for trial in result["trials"]] == ["finished"] * 3
    assert result["findings"][0].startswith("The best of 3 finished trials")
    assert "Trial 2: " in done.stderr
    file = tmp_path / "sweep.log"
    exported = CliRunner().invoke(main, ["sweep", "--export", result["study"], "--to", str(file)])
    assert exported.exit_code == 0 and "3 trials of" in exported.output and file.stat().st_size
    unknown = CliRunner().invoke(main, ["sweep", "--export", "nothing", "--to", str(tmp_path / "b.log")])
    assert unknown.exit_code == 1 and "There is no study 'nothing'" in unknown.output
