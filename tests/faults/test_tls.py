"""A Dask cluster that speaks TLS only, made by the commands and the settings of the README."""

import re
import subprocess
from pathlib import Path

import pytest

from cnnlab import runs
from cnnlab.spec import PRESETS
from cnnlab.trainer.trainer import Trainer
from tests.dask_cluster import dask_cluster, written_command
from tests.servers import ROOT

SMALL = PRESETS["small"].with_setting("data.images", 100).with_setting("training.epochs", 1)
# Dask reads its settings as it is imported, so a dashboard with them is a program of its own.
DASHBOARD = """
import sys, time
from cnnlab import runs
from cnnlab.spec import ComparisonSpec
from cnnlab.trainer.trainer import Trainer

trainer = Trainer()
while trainer.status().state != "ready":
    time.sleep(0.2)
identity = trainer.trainings.submit(ComparisonSpec.model_validate_json(sys.argv[1]))
while any(run.active for run in runs.members(identity).values()):  # what waits, waits in this program
    time.sleep(0.2)
print(identity, flush=True)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """The README's file of settings, beside a certificate made by its command."""
    subprocess.run(written_command("openssl"), cwd=tmp_path, check=True, capture_output=True)
    readme = (ROOT / "README.md").read_text("utf-8")
    [text] = re.findall(r"```yaml\n(distributed:.*?)```", readme, re.DOTALL)
    file = tmp_path / "tls.yaml"
    file.write_text(re.sub(r"\b(certificate|key)\.pem", rf"{tmp_path}/\g<0>", text))
    return file


def test_trainings_go_through_tls_and_nobody_comes_in_without_the_key(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("DASK_CONFIG", str(settings))
    (tmp_path / "cluster").mkdir()
    with dask_cluster(tmp_path / "cluster", {}, workers=1, protocol="tls") as cluster:
        monkeypatch.setenv("CNNLAB_SCHEDULER", cluster.address)
        said = cluster.run_python(DASHBOARD, SMALL.model_dump_json())
        members = runs.members(said.strip()).values()
        assert [run.status for run in members] == ["finished"] * 2

        problems = {
            "tls": "have no certificate and key for it: write them",
            "tcp": "No Dask scheduler answers",
        }
        for protocol, problem in problems.items():
            monkeypatch.setenv("CNNLAB_SCHEDULER", cluster.address.replace("tls", protocol))
            stranger = Trainer().status()  # this process has not read the settings
            assert stranger.state == "failed" and problem in stranger.problem
