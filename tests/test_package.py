"""cnnlab installed by pip and used from another folder, as on the machine of a remote worker."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from distributed import Client, LocalCluster

import cnnlab
from cnnlab.worker import device
from tests.waiting import wait_until

ROOT = Path(__file__).parents[1]
SOURCE_FILES = ("pyproject.toml", "requirements.txt", "README.md")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment into which cnnlab was installed.

    Its dependencies are those of the environment of the tests, which another test holds against the
    metadata: installing TensorFlow a second time would take minutes.
    """
    folder = tmp_path_factory.mktemp("installed")
    # A copy, since the build leaves a folder behind that the next one would read.
    shutil.copytree(ROOT / "cnnlab", folder / "source" / "cnnlab")
    for name in SOURCE_FILES:
        shutil.copy(ROOT / name, folder / "source")
    subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True)
    bin_folder = folder / "environment" / ("Scripts" if os.name == "nt" else "bin")
    python = bin_folder / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", folder / "source"], check=True)
    own_packages = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    (Path(own_packages) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return python


def environment() -> dict[str, str]:
    """What a new terminal has: nothing that leads to this checkout or to the store of the tests."""
    hidden = {"PYTHONPATH", "MLFLOW_TRACKING_URI"}
    return {name: value for name, value in os.environ.items() if name not in hidden}


def metadata(python: Path) -> Distribution:
    [folder] = python.parents[1].rglob("cnnlab-*.dist-info")
    return Distribution.at(folder)


def test_the_metadata_is_read_from_requirements_and_from_the_package(python):
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    required = {line.partition("#")[0].strip() for line in lines} - {""}
    normal = {re.sub(r"[<>].*", "", line): sorted(re.findall(r"[<>]=?[\d.]+", line)) for line in required}
    told = metadata(python).requires or []
    assert {re.sub(r"[<>].*", "", line): sorted(re.findall(r"[<>]=?[\d.]+", line)) for line in told} == normal
    assert metadata(python).version == cnnlab.__version__
    assert metadata(python).metadata["Requires-Python"] == "<3.14,>=3.11"


def test_the_command_cnnlab_trains_from_another_folder(python, tmp_path):
    command = [python.with_name("cnnlab"), "train", "--preset", "small", "--json"]
    sizes = ["--images", "200", "--epochs", "1"]
    trained = subprocess.run(
        [*command, *sizes], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert trained.returncode == 0, trained.stderr
    networks = json.loads(trained.stdout)["networks"]
    assert {network["status"] for network in networks.values()} == {"finished"}
    assert (tmp_path / "runs" / "mlflow.db").is_file()


@pytest.fixture
def scheduler() -> Iterator[LocalCluster]:
    """A scheduler without workers."""
    with LocalCluster(n_workers=0, dashboard_address=None, host="127.0.0.1") as cluster:
        yield cluster


def test_a_worker_of_an_installed_cnnlab_is_warmed_up_by_the_preload(python, tmp_path, scheduler):
    resources = ["--resources", "training=1 measuring=1", "--preload", "cnnlab.trainer.cluster"]
    worker = subprocess.Popen(
        [python, "-m", "dask", "worker", scheduler.scheduler_address, *resources, "--nthreads", "3"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        with Client(scheduler) as client:
            wait_until(lambda: len(client.scheduler_info()["workers"]) == 1, seconds=60)
            assert list(client.run(device.name).values()) == ["CPU"]
    finally:
        worker.terminate()
        output, _ = worker.communicate(timeout=30)
    assert "Traceback" not in output, output
