import json
import os
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from cnnlab import runs
from cnnlab.arithmetic.network import matching_units
from cnnlab.checks import refusals
from cnnlab.cli.commands import main
from cnnlab.cli.settings import RefusedSettings, chosen
from cnnlab.data.registry import DATASETS
from cnnlab.errors import DatasetUnavailable
from cnnlab.spec import PRESETS, flatten
from tests.own_datasets import own_dataset
from tests.waiting import wait_until

QUICK = ["train", "--preset", "small", "--images", "100", "--epochs", "1"]


@pytest.fixture
def nothing_stored(monkeypatch):
    """Fails the test where a run is created."""
    monkeypatch.setattr(runs, "create", lambda *_: pytest.fail("a run was stored"))


def invoke(*arguments: str):
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--images", "0"], "Training images must be a whole number of at least 10, not 0"),
        (["--images", "many"], 'Training images must be a whole number of at least 10, not "many"'),
        (["--images", "10001"], "The sample of Fashion-MNIST has 10,000 training images, not 10,001"),
        (
            ["--dataset", "cats"],
            "There is no data set 'cats': choose fashion-mnist, mnist, digits",
        ),
        (["--set", "training.learning_rate=0"], "Learning rate must be a number above 0"),
        (["--set", "training.augment_turn=181"], "Turn images must be a number from 0 to 180, not 181"),
        (["--set", "training.learning_rate=nan"], "at most 10, not nan: change 'Learning rate'"),
        (["--set", "model.blocks.0.colour=1"], "There is no setting 'model.blocks.0.colour'"),
        (["--set", "model.blocks.0.pool_size=8", "--set", "model.blocks.1.kernel_size=11"], "does not fit"),
        (["--set", "training.schedule=triangle"], "not \"triangle\": change 'Learning-rate schedule'"),
        (["--set", "training.stop_when=accuracy", "--set", "training.stop_at=99"], "change 'Stop at'"),
        (["--no-baseline", "--set", "baseline.units=3"], "There is no setting 'baseline.units'"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_a_sentence_and_not_stored(arguments, sentence, nothing_stored):
    result = invoke("train", *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""


def test_an_impossible_network_is_refused_with_the_sentences_of_the_sidebar():
    changes = [("model.blocks.0.pool_size", 8), ("model.blocks.1.kernel_size", 11)]
    comparison = PRESETS["lab"]
    for path, value in changes:
        comparison = comparison.with_setting(path, value)
    with pytest.raises(RefusedSettings) as refused:
        chosen("lab", changes)
    assert refused.value.message.splitlines() == refusals(comparison)


@pytest.mark.parametrize("arguments", [["--set", "seed"], ["--no-baseline", "--match-parameters"]])
def test_arguments_that_make_no_sense_are_a_usage_error(arguments, nothing_stored):
    assert invoke("train", *arguments).exit_code == 2


def test_images_that_cannot_be_had_are_told_of_and_nothing_is_stored(monkeypatch, nothing_stored):
    def unavailable(*_args):
        raise DatasetUnavailable("The full Fashion-MNIST is not on this machine.")

    monkeypatch.setattr("cnnlab.cli.train.load", unavailable)
    result = invoke("train", "--source", "full")
    assert result.exit_code == 1
    assert "The full Fashion-MNIST is not on this machine." in result.stderr


@pytest.mark.parametrize(
    ("option", "path", "text", "value"),
    [
        ("--dataset", "data.dataset", "mnist", "mnist"),
        ("--source", "data.source", "full", "full"),
        ("--images", "data.images", "77", 77),
        ("--epochs", "training.epochs", "7", 7),
        ("--seed", "training.seed", "9", 9),
        ("--set", "model.blocks.0.filters", "model.blocks.0.filters=32", 32),
        ("--set", "model.blocks.1.batch_norm", "model.blocks.1.batch_norm=true", True),
        ("--set", "training.optimizer", "training.optimizer=sgd", "sgd"),
        ("--set", "training.augment_turn", "training.augment_turn=15", 15.0),
        ("--set", "training.augment_flip", "training.augment_flip=true", True),
    ],
)
def test_every_option_changes_its_setting_and_no_other(option, path, text, value, monkeypatch):
    trained = []
    monkeypatch.setattr(
        "cnnlab.cli.train.train_in_turn", lambda comparison, _stop: trained.append(comparison) or {}
    )
    monkeypatch.setattr("cnnlab.cli.train.summary", lambda members: "")
    few = ["--images", "1000"]  # as many as every data set has
    assert invoke("train", *few, option, text).exit_code == 0
    before, after = flatten(PRESETS["lab"].with_setting("data.images", 1000)), flatten(trained[0])
    assert {name: after[name] for name in after if after[name] != before[name]} == {path: value}


def test_an_own_data_set_is_named_by_its_title_and_has_its_own_source_and_images():
    with own_dataset("Squares in colour", train=60) as dataset:
        data = chosen("small", [("data.dataset", "Squares in colour")]).data
        assert (data.dataset, data.source, data.images) == (dataset, "full", 60)
        assert chosen("small", [("data.dataset", dataset), ("data.images", 30)]).data.images == 30
        with pytest.raises(RefusedSettings, match="has 60 training images, not 61"):
            chosen("small", [("data.dataset", dataset), ("data.images", 61)])
        with pytest.raises(RefusedSettings, match="has no sample"):
            chosen("small", [("data.dataset", dataset), ("data.source", "sample")])
        with own_dataset("Squares in colour", seed=1) as other:
            with pytest.raises(RefusedSettings, match="Several data sets are called") as refused:
                chosen("small", [("data.dataset", "Squares in colour")])
            assert dataset in str(refused.value) and other in str(refused.value)


def test_an_own_data_set_is_trained_and_its_run_keeps_its_fingerprint():
    with own_dataset() as dataset:
        arguments = [
            "--set",
            "model.blocks.1.pooling=none",
            "--dataset",
            "Squares",
            "--epochs",
            "1",
            "--json",
        ]
        result = invoke("train", "--preset", "small", *arguments)
        assert result.exit_code == 0, result.output
        run_id = json.loads(result.stdout)["networks"]["model"]["run_id"]
        assert runs.get(run_id).images == DATASETS[dataset].fingerprint
        assert runs.predictions(run_id)["probabilities"].shape == (30, 3)


def test_match_parameters_gives_the_baseline_the_units_that_come_closest():
    matched = chosen("small", [], match_parameters=True)
    assert matched.baseline.units == matching_units(PRESETS["small"].model, (28, 28, 1), 10)
    assert matched.baseline.units != PRESETS["small"].baseline.units


def test_match_parameters_allows_for_a_second_layer_of_the_baseline():
    matched = chosen("small", [("baseline.second_units", 40)], match_parameters=True)
    expected = matching_units(PRESETS["small"].model, (28, 28, 1), 10, second_units=40)
    assert (matched.baseline.units, matched.baseline.second_units) == (expected, 40)
    assert expected != matching_units(PRESETS["small"].model, (28, 28, 1), 10)


def test_train_stores_both_runs_and_prints_only_json_on_stdout():
    result = invoke(*QUICK, "--json")
    assert result.exit_code == 0
    printed = json.loads(result.stdout)
    stored = runs.members(printed["comparison"])
    assert list(printed["networks"]) == list(stored) == ["model", "baseline"]
    for role, run in stored.items():
        assert run.status == "finished"
        assert printed["networks"][role]["run_id"] == run.run_id
        assert printed["networks"][role]["metrics"] == pytest.approx(run.metrics)
    accuracies = [run.metrics["test_accuracy"] for run in stored.values()]
    assert printed["points"] == pytest.approx(100 * (accuracies[0] - accuracies[1]))


def test_a_training_that_a_rule_ends_early_is_a_success_and_says_why():
    rule = ["--set", "training.stop_when=loss", "--set", "training.stop_at=99"]
    settings = ["--epochs", "5", "--set", "training.schedule=cosine", "--set", "training.patience=2"]
    done = invoke(*QUICK, "--no-baseline", *settings, *rule, "--json")
    assert done.exit_code == 0
    network = json.loads(done.stdout)["networks"]["model"]
    assert (network["status"], network["metrics"]["tested_epoch"]) == ("finished", 1)
    assert network["reason"].startswith("Stopped at epoch 1: the training loss, ")
    assert f"CNN 8-16: {network['reason']}" in done.stderr


def test_without_json_a_table_and_a_sentence_are_printed_and_the_bars_go_to_stderr():
    result = invoke(*QUICK, "--no-baseline")
    assert result.exit_code == 0
    run = runs.recent(1)[0]
    assert run.role == "model"
    for text in (f"{run.metrics['test_accuracy']:.1%}", "14,410", run.run_id, "of the 2,000 test images."):
        assert text in result.stdout
    assert run.name in result.stderr


def test_a_loss_that_is_no_longer_finite_ends_with_status_1_and_the_advice():
    absurd = ["training.optimizer=momentum", "training.learning_rate=10", "model.activation=linear"]
    settings = [argument for setting in absurd for argument in ("--set", setting)]
    result = invoke("train", "--preset", "small", "--images", "1000", "--no-baseline", *settings)
    assert result.exit_code == 1
    assert "lower 'Learning rate' from 10" in result.stderr


def test_ctrl_c_stops_the_training_and_marks_both_runs_as_stopped():
    before = {run.comparison for run in runs.recent()}
    program = subprocess.Popen(
        [sys.executable, "-m", "cnnlab", "train", "--epochs", "500"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        wait_until(lambda: _learning_since(before))
        program.send_signal(signal.SIGINT)
        printed, _ = program.communicate(timeout=60)
    finally:
        program.kill()
    stored = runs.members(_learning_since(before)[0].comparison)
    assert program.returncode == 130
    assert {role: run.status for role, run in stored.items()} == {"model": "stopped", "baseline": "stopped"}
    assert f"{stored['model'].metrics['test_accuracy']:.1%}" in printed


def _learning_since(before: set[str]) -> list[runs.Run]:
    """The runs of newer comparisons that have reported a loss."""
    return [run for run in runs.recent() if run.comparison not in before and "loss" in run.metrics]


def test_a_failure_leaves_no_run_waiting(monkeypatch):
    def broken(run_id, control, progress):
        runs.end(run_id, "failed", "The disk is full.")
        raise OSError("The disk is full.")

    monkeypatch.setattr("cnnlab.worker.train.train", broken)
    result = invoke(*QUICK)
    assert isinstance(result.exception, OSError)
    stored = runs.members(runs.recent(1)[0].comparison)
    assert {role: run.status for role, run in stored.items()} == {"model": "failed", "baseline": "failed"}
    assert stored["model"].reason == "The disk is full."
    assert "The disk is full." in stored["baseline"].reason


@pytest.mark.parametrize("command", [[], ["train"], ["data", "add"], ["bench"], ["cluster"]])
def test_help_loads_nothing_heavy(command):
    heavy = ["tensorflow", "keras", "mlflow", "distributed", "streamlit", "pandas"]
    script = (
        "import sys; from cnnlab.cli.commands import main\n"
        f"try: main({[*command, '--help']!r})\n"
        f"finally: print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=env)
    assert "Usage:" in done.stdout
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_cluster_prints_the_address_that_another_program_can_connect_to_and_ends_by_a_signal(number):
    from distributed import Client

    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    program = subprocess.Popen(
        [sys.executable, "-m", "cnnlab", "cluster", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=env,
    )
    try:
        name, _, address = program.stdout.readline().strip().partition("=")
        assert name == "CNNLAB_SCHEDULER"
        with Client(address, timeout=10, set_as_default=False) as client:
            assert client.scheduler_info(n_workers=-1)["workers"]
        program.send_signal(number)
        assert program.wait(timeout=60) == 0
    finally:
        program.kill()
