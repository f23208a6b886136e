"""A run that is taken away, executed: the same network, and the same first epoch as cnnlab's."""

import ast
import asyncio
import io
import json
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from cnnlab import runs
from cnnlab.arithmetic.network import layer_rows
from cnnlab.data.registry import DATASETS
from cnnlab.export import script as export
from cnnlab.models.step_results import CROSS_ENTROPY
from cnnlab.runs import Run
from cnnlab.spec import DataSpec, DenseSpec, RunSpec, TrainingSpec
from cnnlab.worker import train
from tests.networks import cnn
from tests.own_datasets import own_dataset

# 288 images to learn from: batches of one size, whose mean loss is the epoch's.
DATA = DataSpec(dataset="mnist", images=320)
TRAINING = TrainingSpec(epochs=1, batch_size=32, seed=4)
CNN = RunSpec(
    data=DATA,
    model=cnn(
        {"filters": 4, "batch_norm": True, "pooling": "min", "stride": 2},
        {"filters": 6, "padding": "same", "pooling": "average"},
        dropout=0.4,
        dense_units=12,
        second_dense_units=9,
        activation="elu",
    ),
    training=TRAINING,
)
DENSE = RunSpec(
    data=DATA.model_copy(update={"shuffled_pixels": True, "pixels": "raw"}),
    # Its hidden values stay within 1, so that no loss on raw pixels exceeds the most that `score` tells of.
    model=DenseSpec(units=12, activation="tanh", second_units=8),
    training=TRAINING.model_copy(update={"optimizer": "momentum", "learning_rate": 0.02, "l2": 0.01}),
)
AUGMENTATION = {
    "augment_shift": 0.1,
    "augment_turn": 20.0,
    "augment_zoom": 0.2,
    "augment_flip": True,
    "augment_contrast": 0.3,
    "augment_noise": 0.05,
}
AUGMENTED = DENSE.model_copy(
    update={
        "data": DATA.model_copy(update={"shuffled_pixels": True}),  # raw ones would magnify the rounding
        "training": TRAINING.model_copy(update=AUGMENTATION),
    }
)
TURNED = RunSpec(training=TrainingSpec(augment_turn=15.0))
RULES = CNN.model_copy(
    update={
        "training": TRAINING.model_copy(
            update={"epochs": 9, "schedule": "step", "stop_when": "val_loss", "patience": 2}
        )
    }
)
FOUND = (
    "[[[layer.name, type(layer).__name__, list(layer.output.shape[1:]), layer.count_params()]"
    " for layer in model.layers], history[0], test_loss]"
)


def trained(spec: RunSpec) -> Run:
    run_id = runs.create("model", "export", spec)
    train.train(run_id)
    return runs.get(run_id)


@pytest.fixture(scope="module")
def network() -> Run:
    return trained(CNN)


@pytest.fixture(scope="module")
def dense() -> Run:
    return trained(DENSE)


def unpacked(run: Run, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(export.bundle(run))) as archive:
        archive.extractall(folder)
    return folder


def first_epoch(run: Run) -> dict[str, float]:
    """What the stored curves say of epoch 1: its mean training loss, and the validation after it."""
    curves = runs.curves([run.run_id])
    losses = curves[(curves["metric"] == "loss") & (curves["step"] > 0)]
    steps = np.diff(losses["step"], prepend=0)  # each value is a mean over the steps since the last
    assert losses["step"].iloc[-1] == 9
    last = {name: curves[curves["metric"] == name]["value"].iloc[-1] for name in ("val_loss", "val_accuracy")}
    return last | {"loss": float(np.average(losses["value"], weights=steps))}


def assert_retrained(run: Run, found: list) -> None:
    layers, epoch, test_loss = found
    info = DATASETS[run.spec.data.dataset]
    rows = layer_rows(run.spec.model, info.input_shape, len(info.classes))
    assert layers == [[row.name, row.type, list(row.output_shape), row.params] for row in rows]
    for name, value in first_epoch(run).items():
        # With weight decay Keras's loss has the penalty in it, and the cross-entropy is a metric beside it.
        in_keras = name.replace("loss", CROSS_ENTROPY) if run.spec.training.l2 else name
        assert epoch[in_keras] == pytest.approx(value, rel=1e-4), name
    assert test_loss == pytest.approx(run.metrics["test_loss"], rel=1e-4)


@pytest.fixture(scope="module")
def augmented() -> Run:
    return trained(AUGMENTED)


@pytest.mark.parametrize("fixture", ["network", "augmented"])
def test_the_script_rebuilds_and_retrains_the_run(fixture, request, tmp_path):
    network = request.getfixturevalue(fixture)
    folder = unpacked(network, tmp_path)
    program = (
        "import json, runpy, sys; globals().update(runpy.run_path('train.py'));"
        f"print(json.dumps([{FOUND}, 'cnnlab' in sys.modules]))"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    found, with_cnnlab = json.loads(result.stdout.splitlines()[-1])
    assert not with_cnnlab
    assert_retrained(network, found)
    assert f"In cnnlab: loss {network.metrics['test_loss']:.4f}" in result.stdout
    assert (folder / "retrained.keras").is_file()


def test_the_notebook_rebuilds_and_retrains_the_run(dense, tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    folder = unpacked(dense, tmp_path / "bundle")
    notebook = nbformat.read(folder / "notebook.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(f"import json; print(json.dumps({FOUND}))"))
    # Without folders of registered kernels there is one left: this very interpreter.
    manager = AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    assert manager.kernel_spec.argv[0] == sys.executable
    client = NotebookClient(notebook, km=manager, timeout=120, resources={"metadata": {"path": str(folder)}})
    with ThreadPoolExecutor(1) as thread:  # the tests' own may have a loop that runs, Playwright's
        thread.submit(asyncio.run, client.async_execute()).result()
    assert_retrained(dense, json.loads(notebook.cells[-1].outputs[-1]["text"]))


EVERYTHING = {  # that a script can be asked for at once
    **AUGMENTATION,
    "l2": 0.001,
    "schedule": "cosine",
    "stop_when": "val_accuracy",
    "stop_at": 0.999,
    "patience": 2,
}


def test_a_run_on_ones_own_images_retrains_on_them_and_on_no_others(tmp_path):
    with own_dataset(title='My "own" *squares*', train=320) as dataset:
        data = DataSpec(dataset=dataset, source="full", images=320)
        model = cnn({"filters": 4, "stride": 2}, dense_units=8, second_dense_units=6)
        run = trained(RunSpec(data=data, model=model, training=TRAINING.model_copy(update=EVERYTHING)))
        folder = unpacked(run, tmp_path)
        code = (folder / "train.py").read_text("utf-8") + f"\nimport json\nprint(json.dumps({FOUND}))\n"
        (folder / "train.py").write_text(code, "utf-8")

        def execute(answer: str = "") -> subprocess.CompletedProcess:
            command = [sys.executable, str(folder / "train.py")]
            return subprocess.run(command, capture_output=True, text=True, input=answer)

        done = execute()
        assert done.returncode == 0, done.stderr
        assert_retrained(run, json.loads(done.stdout.splitlines()[-1]))
        elsewhere = (folder / "images.npz").rename(tmp_path / "elsewhere.npz")
        assert_retrained(run, json.loads(execute(str(elsewhere)).stdout.splitlines()[-1]))
        with np.load(elsewhere) as stored:
            arrays = dict(stored)
        np.savez(folder / "images.npz", **arrays | {"x_test": arrays["x_test"][::-1]})
        assert "does not hold the images of this run" in execute().stderr


@pytest.mark.parametrize("spec", [CNN, DENSE, AUGMENTED, RULES], ids=["cnn", "dense", "augmented", "rules"])
def test_the_script_needs_nothing_but_keras_numpy_and_python(spec):
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(export.script(of(spec))))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module])
    }
    assert imported == {"keras", "numpy", "pathlib"}


@pytest.mark.parametrize(
    "spec",
    [CNN, DENSE, RunSpec(), AUGMENTED, TURNED, RULES],
    ids=["cnn", "dense", "lab", "augmented", "turned", "rules"],
)
def test_the_script_is_formatted_and_without_a_fault_that_a_linter_finds(spec, tmp_path):
    (tmp_path / "train.py").write_text(export.script(of(spec)))
    ruff = [sys.executable, "-m", "ruff"]
    for check in (["check", "--select", "E,F,I,B,UP"], ["format", "--check"]):
        command = [*ruff, *check, "--isolated", "--line-length", "110", "train.py"]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout


def test_the_script_says_which_rules_it_has():
    text = " ".join(export.script(of(RULES)).split())
    assert "A callback sets the learning rate of each step" in text
    assert "reaches STOP_AT" in text and "EarlyStopping" in text
    assert "STOP_AT" not in export.script(of(CNN)) and "ScheduledRate" not in export.script(of(CNN))


def of(spec: RunSpec = CNN, **changed) -> Run:
    """A run that is in no store."""
    known = dict(run_id="0a1b2c3d4e5f", name="CNN", comparison="c", role="model", status="finished")
    blank = dict.fromkeys(("reason", "device", "note", "compared_with"), "")
    run = Run(spec=spec, metrics={}, started=pd.Timestamp("2026-01-02", tz="UTC"), **known, **blank)
    return replace(run, **changed)


NAMES = [
    'x"""\nimport os\n"""',
    "back\\slash\\",
    "<script>alert(1)</script>",
    "a\nb`c`*d*",
    "",
    "läuft 64×64",
]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_that_somebody_gave_a_run_becomes_code(name):
    run = of(CNN, name=name, run_id='id"""\n1\\')
    module = ast.parse(export.script(run))
    plain = ast.parse(export.script(of(CNN)))
    assert [ast.dump(node) for node in module.body[1:]] == [ast.dump(node) for node in plain.body[1:]]
    heading = nbformat.reads(export.notebook(run), as_version=4).cells[0].source
    assert "<" not in heading and heading.splitlines()[0].endswith("Handwriting (MNIST)")


@pytest.mark.parametrize("name", [*NAMES, "../../etc/passwd", "CON", "a" * 300])
def test_the_name_of_a_file_is_safe_and_tells_which_run_it_is(name):
    found = export.file_name(of(CNN, name=name), "_curves.csv")
    stem = found.removesuffix("_0a1b2c3d_curves.csv")
    assert 0 < len(stem) <= 60 and set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_a_file_is_named_by_the_runs_name_and_the_beginning_of_its_id():
    assert export.file_name(of(CNN, name="CNN 64-64"), ".py") == "cnn-64-64_0a1b2c3d.py"


def test_a_script_and_a_notebook_say_what_is_done_to_the_images_and_only_then():
    for write in (export.script, export.notebook):
        assert "changed at random, anew in each epoch" in " ".join(write(of(TURNED)).split()).replace(
            "# ", ""
        )
        assert "AUGMENTATION" not in write(of(CNN))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"status": "stopped"}, "it is stopped"),
        ({"metrics": {"learning_rate": 0.01}}, "it began with 0.001 and ended with 0.01"),
        (
            {"spec": RULES, "metrics": {"learning_rate": 0.0001, "peak_learning_rate": 0.01}},
            "it began with 0.001 and ended with 0.01. Here it is 0.001 at its highest",
        ),
    ],
)
def test_what_the_settings_do_not_tell_of_the_training_is_said(changed, said):
    for text in (export.script(of(**changed)), export.notebook(of(**changed))):
        assert said in " ".join(text.split())
        assert said not in " ".join(export.script(of(CNN)).split())


@pytest.mark.parametrize(
    ("source", "files"),
    [
        ("sample", {"train.py", "notebook.ipynb", "requirements.txt", "images.npz"}),
        ("full", {"train.py", "notebook.ipynb", "requirements.txt"}),
    ],
)
def test_a_bundle_holds_the_images_of_a_sample_and_leaves_full_sets_to_keras(source, files):
    data = DATA.model_copy(update={"source": source})
    with zipfile.ZipFile(io.BytesIO(export.bundle(of(CNN.model_copy(update={"data": data}))))) as archive:
        assert set(archive.namelist()) == files
        assert archive.testzip() is None
        script = archive.read("train.py").decode()
    assert ("keras.datasets.mnist.load_data()" in script) == (source == "full")


def test_the_notebook_is_valid_and_the_same_each_time():
    text = export.notebook(of(CNN))
    nbformat.validate(nbformat.reads(text, as_version=4))
    assert text == export.notebook(of(CNN))


def test_the_requirements_are_what_is_installed_here():
    lines = [line.partition("  #")[0] for line in export.requirements().splitlines()]
    assert lines == [f"{name}=={version(name)}" for name in ("keras", "numpy", "tensorflow")]
