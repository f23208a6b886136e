"""Which GPUs are used, by stand-ins for what the driver and the backend answer."""

import json
import os
import subprocess

import pytest

from cnnlab.trainer.cluster import CPU_WORKERS, worker_specs
from cnnlab.worker import gpus
from cnnlab.worker.gpus import PROBLEM, Gpus, Listed, Probed, chosen_gpus, find, worker_environments
from cnnlab.worker.shared_gpu import SHARED

# ruff: noqa: E501
# What TensorFlow 2.15 to 2.21 writes in each state, one line of each kind, as it is.
NO_LIBRARIES = (
    "2026-01-02 10:00:00.123456: W tensorflow/core/common_runtime/gpu/gpu_device.cc:2343] Cannot dlopen some GPU "
    "libraries. Please make sure the missing libraries mentioned above are installed properly\n"
    "Skipping registering GPU devices...\n"
)
OLD_DRIVER = "E0000 00:00:1795608711.129905 19386 cuda_platform.cc:52] failed call to cuInit: CUDA driver version is insufficient for CUDA runtime version"
OTHER_VERSION = "kernel version 535.183.1 does not match DSO version 550.54.14 -- cannot find working devices"
NO_DEVICE = "E0000 00:00:17 1 cuda_platform.cc:52] failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected"
NO_DRIVER = (
    "I0000 00:00:1 1 cudart_stub.cc:31] Could not find cuda drivers on your machine, GPU will not be used."
)
NO_CUDNN = "E0000 00:00:17 1 cuda_dnn.cc:535] Loaded runtime CuDNN library: 8.9.4 but source was compiled with: 9.3.0"
FULL = "ResourceExhaustedError: OOM: CUDA_ERROR_OUT_OF_MEMORY: out of memory"
ARCHITECTURE = "InternalError: CUDA error: no kernel image is available for execution on the device"
JAX_CPU = "An NVIDIA GPU may be present on this machine, but a CUDA-enabled jaxlib is not installed. Falling back to cpu."


@pytest.fixture(autouse=True)
def fresh_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a parent's finding nor a choice of GPUs."""
    monkeypatch.delenv(PROBLEM, raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def answer(*usable: int, said: str = "", backend: str = "tensorflow", without_gpus: bool = False) -> Probed:
    return Probed(backend, usable, without_gpus, said)


def found(*names: str, probed: Probed) -> Gpus:
    return find(lambda: Listed(names), lambda: False, lambda: probed)


def not_asked() -> Probed:
    raise AssertionError("the backend was asked")


def test_without_a_sign_of_a_gpu_the_backend_is_not_asked_and_nothing_is_said():
    assert find(Listed, lambda: False, not_asked) == Gpus()


def test_gpus_hidden_by_the_variable_are_not_asked_for(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert find(gpus.listed_gpus, lambda: True, not_asked) == Gpus()


def test_every_gpu_that_computes_is_used():
    assert found("0", "1", probed=answer(0, 1)) == Gpus(("0", "1"))
    assert found("GPU-ab12", probed=answer(0)) == Gpus(("GPU-ab12",))


def test_a_gpu_that_no_program_lists_is_used_where_the_backend_can():
    assert find(Listed, lambda: True, lambda: answer(0)) == Gpus(("0",))


@pytest.mark.parametrize(
    "said, why, remedy",
    [
        (NO_LIBRARIES, "CUDA libraries", 'pip install "tensorflow[and-cuda]"'),
        (NO_CUDNN, "CUDA libraries", "tensorflow[and-cuda]"),
        (OLD_DRIVER, "too old", "update the driver"),
        (OTHER_VERSION, "different versions", "restart the machine"),
        (NO_DEVICE, "sees no GPU", "CUDA_VISIBLE_DEVICES"),
        (NO_DRIVER, "sees no GPU", "--gpus all"),
        (FULL, "other programs use its memory", "nvidia-smi"),
        (ARCHITECTURE, "no code for this kind of GPU", "tensorflow[and-cuda]"),
        ("something new about the GPU", "no usual reason", "tensorflow[and-cuda]"),
    ],
)
def test_a_gpu_that_cannot_be_used_is_told_with_the_reason_and_what_mends_it(said, why, remedy):
    usable, problem = found("0", probed=answer(said=said))
    assert usable == ()
    assert problem.startswith("TensorFlow cannot use 1 GPU of this machine: ")
    assert why in problem and remedy in problem and "meanwhile the CPU trains" in problem


def test_what_the_backend_says_is_quoted_without_the_prefix_of_its_log():
    problem = found("0", probed=answer(said=f"{OLD_DRIVER}\nanything else")).problem
    assert "TensorFlow says: 'failed call to cuInit: CUDA driver version is insufficient" in problem


def test_a_package_without_gpus_is_told_with_the_command_of_its_backend():
    for backend, command in gpus.INSTALL.items():
        problem = found("0", probed=answer(backend=backend, without_gpus=True)).problem
        assert "installed without support for GPUs" in problem and command in problem
    assert "jax[cuda12]" in found("0", probed=answer(said=JAX_CPU, backend="jax", without_gpus=True)).problem


def test_one_gpu_of_two_that_works_is_used_and_the_other_is_told_of():
    usable, problem = found("3", "5", probed=answer(1, said=ARCHITECTURE))
    assert usable == ("5",)
    assert "cannot use 1 GPU" in problem and "meanwhile the others train" in problem


def test_a_driver_that_does_not_work_is_told_without_asking_the_backend():
    complaint = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."
    problem = find(lambda: Listed(complaint=complaint), lambda: True, not_asked).problem
    assert "NVIDIA's driver does not work" in problem and complaint.rstrip(".") in problem


@pytest.mark.parametrize(
    "status, printed, expected",
    [
        (0, "0\n1\n", Listed(("0", "1"))),
        (6, "No devices were found\n", Listed()),
        (9, "NVIDIA-SMI has failed\n", Listed(complaint="NVIDIA-SMI has failed")),
    ],
)
def test_what_the_driver_answers(monkeypatch, status, printed, expected):
    done = subprocess.CompletedProcess([], status, printed, "")
    monkeypatch.setattr(gpus.shutil, "which", lambda name: name)
    monkeypatch.setattr(gpus.subprocess, "run", lambda *_, **__: done)
    assert gpus.listed_gpus() == expected


def test_a_driver_that_does_not_answer_ends_nothing(monkeypatch):
    def hang(command, **_options):
        raise subprocess.TimeoutExpired(command, 30)

    monkeypatch.setattr(gpus.shutil, "which", lambda name: name)
    monkeypatch.setattr(gpus.subprocess, "run", hang)
    assert "timed out" in gpus.listed_gpus().complaint


@pytest.mark.parametrize(
    "variable, names",
    [
        ("", ()),
        ("-1", ()),
        ("0", ("0",)),
        ("1, 0", ("1", "0")),
        ("2,-1,0", ("2",)),
        ("NoDevFiles", ()),
        ("GPU-8932f937-d72c", ("GPU-8932f937-d72c",)),
        ("MIG-GPU-ab/1/0", ("MIG-GPU-ab/1/0",)),
    ],
)
def test_the_variable_is_read_as_cuda_reads_it(variable, names):
    assert chosen_gpus(variable) == names


def test_workers_are_made_after_what_can_be_used():
    assert [env["CUDA_VISIBLE_DEVICES"] for env in worker_environments(Gpus(("0", "2")), 2)] == ["0", "2"]
    unusable = worker_specs(Gpus(problem="Because."))
    assert len(unusable) == len(worker_specs(Gpus())) == CPU_WORKERS
    assert [spec["options"]["env"][PROBLEM] for spec in unusable.values()] == ["Because."] * CPU_WORKERS


@pytest.mark.parametrize(
    ("memory", "workers"), [(80 * 2**30, 2), (4 * 2**30, 2), (4 * 2**30 - 1, 1), (None, 1)]
)
def test_a_single_gpu_has_two_workers_if_its_memory_suffices(memory, workers):
    environments = worker_environments(Gpus(("3",)), 2, lambda gpu: memory if gpu == "3" else 0)
    assert [env["CUDA_VISIBLE_DEVICES"] for env in environments] == ["3"] * workers
    assert [env.get(SHARED) for env in environments] == [f"{memory} 3" if workers == 2 else None] * workers


@pytest.mark.parametrize(
    ("status", "printed", "expected"),
    [(0, "81559\n", 81559 * 2**20), (0, "[N/A]\n", None), (9, "", None), (0, "40960\n40960\n", None)],
)
def test_the_memory_of_a_gpu_is_what_the_driver_says(monkeypatch, status, printed, expected):
    done = subprocess.CompletedProcess([], status, printed, "")
    monkeypatch.setattr(gpus.shutil, "which", lambda name: name)
    monkeypatch.setattr(gpus.subprocess, "run", lambda *_command, **_options: done)
    assert gpus.memory_bytes("0") == expected


def test_a_worker_on_the_cpu_does_not_touch_a_gpu_that_cannot_be_used(monkeypatch):
    [environment, _] = worker_environments(Gpus(problem="Because."), 2)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", environment["CUDA_VISIBLE_DEVICES"])
    assert gpus.visible_gpus() == []


def test_what_the_parent_found_is_not_asked_again(monkeypatch):
    monkeypatch.setenv(PROBLEM, "Because.")
    assert find(lambda: Listed(("0",)), lambda: True, not_asked).problem == "Because."


def test_a_probe_that_crashes_gives_what_it_wrote_as_the_reason(monkeypatch):
    crashed = subprocess.CompletedProcess([], -11, "", OLD_DRIVER)
    monkeypatch.setattr(gpus.subprocess, "run", lambda *_, **__: crashed)
    probed = gpus.probe()
    assert probed.usable == () and "too old" in gpus.reason_for(probed).why
    assert "status -11" in probed.said


def test_a_probe_that_does_not_end_is_a_reason(monkeypatch):
    def hang(command, **_options):
        raise subprocess.TimeoutExpired(command, 120)

    monkeypatch.setattr(gpus.subprocess, "run", hang)
    assert "did not answer" in gpus.probe().said


@pytest.mark.skipif(bool(gpus.visible_gpus()), reason="this machine has a GPU")
def test_the_backend_of_this_machine_answers_for_itself():
    """The only test here that asks a real backend, in its own process."""
    probed = gpus.probe()
    assert probed.backend == os.environ.get("KERAS_BACKEND", "tensorflow")
    assert probed.usable == () and json.dumps(probed)
