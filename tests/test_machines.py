"""What the README says of many machines, where no test can have them: SLURM and Kubernetes."""

import ast
import os
import re
import subprocess
import sys

import pytest
import yaml
from distributed import Client, LocalCluster
from distributed.cli import dask_scheduler, dask_worker

from cnnlab.worker import device
from tests.dask_cluster import kill, written_command
from tests.servers import ROOT
from tests.waiting import wait_until

README = (ROOT / "README.md").read_text("utf-8")
SECTION = README.partition("## Many machines")[2].partition("\n## ")[0]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)


def slurm_arguments() -> dict:
    """What the program gives to `SLURMCluster`."""
    [program] = blocks("python")
    [call] = [
        node
        for node in ast.walk(ast.parse(program))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "SLURMCluster"
    ]
    return {keyword.arg: eval(ast.unparse(keyword.value)) for keyword in call.keywords}


@pytest.fixture(scope="module")
def manifest() -> dict:
    return next(each for each in map(yaml.safe_load, blocks("yaml")) if each.get("kind") == "DaskCluster")


def container(manifest: dict, role: str) -> dict:
    [container] = manifest["spec"][role]["spec"]["containers"]
    return container


def test_every_worker_gets_the_same_options(manifest):
    """dask-jobqueue writes them into its job script as they are, where a space would end an option."""
    by_hand = written_command("dask worker")[3:]
    assert by_hand == slurm_arguments()["worker_extra_args"]
    assert container(manifest, "worker")["args"][4:] == by_hand
    assert not any(re.search(r"[^\w=,.-]", word) for word in by_hand)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (dask_worker.main, written_command("dask worker")[2:]),
        (dask_scheduler.main, written_command("dask scheduler")[2:]),
    ],
)
def test_dask_knows_the_options(command, words):
    command.make_context("dask", list(words))


def test_the_manifest_is_one_of_a_dask_cluster(manifest):
    assert manifest["apiVersion"] == "kubernetes.dask.org/v1"
    name, spec = manifest["metadata"]["name"], manifest["spec"]
    assert spec["worker"]["replicas"] > 0
    [port] = spec["scheduler"]["service"]["ports"]
    assert f"CNNLAB_SCHEDULER=tcp://{name}-scheduler:{port['port']}" in SECTION
    assert spec["scheduler"]["service"]["selector"]["dask.org/cluster-name"] == name
    [listens] = container(manifest, "scheduler")["ports"]
    assert port["targetPort"] == listens["name"] and listens["containerPort"] == 8786
    environment = {each["name"]: each["value"] for each in container(manifest, "worker")["env"]}
    assert set(environment) == {"MLFLOW_TRACKING_URI"}


def test_the_manifests_worker_starts_as_the_operator_starts_it(manifest, tmp_path):
    """The operator says in the environment where the scheduler is, and what the worker is called."""
    with LocalCluster(n_workers=0, dashboard_address=None, host="127.0.0.1") as cluster:
        set_by_operator = {"DASK_SCHEDULER_ADDRESS": cluster.scheduler_address, "DASK_WORKER_NAME": "w-1"}
        words = [
            re.sub(r"\$\((\w+)\)", lambda name: set_by_operator[name[1]], word)
            for word in container(manifest, "worker")["args"]
        ]
        worker = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=tmp_path,
            env=os.environ | set_by_operator | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with Client(cluster) as client:
                wait_until(lambda: len(client.scheduler_info()["workers"]) == 1, seconds=120)
                [described] = client.scheduler_info()["workers"].values()
                assert (described["name"], described["resources"]) == ("w-1", {"training": 1, "measuring": 1})
                assert list(client.run(device.name).values()) == ["CPU"]
        finally:
            kill(worker)
