"""Which GPUs of this machine the Keras backend can really compute on, and what to do about the others.

The driver lists what is built in; whether TensorFlow, JAX or PyTorch can use it is another question, and only
they can answer it. They are asked in a process of their own (`cnnlab.worker.probe`), since a process that has
touched a GPU keeps a part of its memory, and since they give their reasons on stderr alone. Where there is no
sign of a GPU nobody is asked: loading a backend takes seconds.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from cnnlab import words
from cnnlab.worker import shared_gpu

PROBLEM = "CNNLAB_GPU_PROBLEM"  # variable that hands a problem down to the workers; not for people
DRIVER_SECONDS = 30
PROBE_SECONDS = 120
NO_GPU = "-1"  # of CUDA_VISIBLE_DEVICES
DEVICE_FILES = ("nvidia[0-9]*", "dxg", "kfd")  # of NVIDIA's driver, of Windows's for Linux, of AMD's
NO_DEVICES = "No devices were found"  # nvidia-smi on a machine without a GPU
LOG_PREFIX = re.compile(r"^.*?\b[\w./]+\.(cc|h|py):\d+\] ")  # of TensorFlow's lines
LONGEST_QUOTE = 200
TITLES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
INSTALL = {
    "tensorflow": 'pip install "tensorflow[and-cuda]"',
    "jax": 'pip install "jax[cuda12]"',
    "torch": "pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/cu128",
}


class Gpus(NamedTuple):
    """What can be used."""

    usable: tuple[str, ...] = ()
    """Named as in CUDA_VISIBLE_DEVICES."""
    problem: str = ""
    """Why a GPU that is there is not used, and what mends it; empty where all are."""


class Listed(NamedTuple):
    """What the driver says."""

    names: tuple[str, ...] = ()
    """As in CUDA_VISIBLE_DEVICES."""
    complaint: str = ""
    """What it says instead where it does not work."""


class Probed(NamedTuple):
    """What a backend says, asked in a process of its own."""

    backend: str
    usable: tuple[int, ...]
    """Positions among the visible GPUs."""
    without_gpus: bool
    """Whether the installed package is built without them."""
    said: str
    """All that it wrote on the way, and its errors."""


class Reason(NamedTuple):
    """Why a GPU cannot be used."""

    pattern: str
    """What the backend says then; upper and lower case are the same."""
    why: str
    remedy: str


REASONS = (  # the first that fits
    Reason(
        r"does not match DSO version|driver/library version mismatch",
        "the driver and its libraries have different versions",
        "restart the machine, which loads the new driver",
    ),
    Reason(
        r"driver version is insufficient|driver .*too old|SYSTEM_DRIVER_MISMATCH|UNSUPPORTED_PTX_VERSION",
        "the NVIDIA driver is too old for it",
        "update the driver ('nvidia-smi' shows its version) and restart the machine",
    ),
    Reason(
        r"no kernel image is available|compute capability .*not supported|is not compatible with the current",
        "it has no code for this kind of GPU",
        "install another version by {install} that supports it",
    ),
    Reason(
        r"out of memory|OUT_OF_MEMORY|RESOURCE_EXHAUSTED",
        "other programs use its memory",
        "end them ('nvidia-smi' lists them), and restart",
    ),
    Reason(
        r"CuDNN library|DNN library|CUDNN_STATUS|cannot dlopen|could not load dynamic library",
        "the CUDA libraries that it needs are not installed, or do not fit",
        "install them into this environment by {install}, and restart",
    ),
    Reason(
        r"NO_DEVICE|no CUDA-capable device|could not find cuda drivers|invalid device ordinal",
        "it sees no GPU",
        "let CUDA_VISIBLE_DEVICES name one that 'nvidia-smi' lists, or give the container its GPUs "
        "('docker run --gpus all'), and restart",
    ),
)
WITHOUT_GPUS = Reason("", "it is installed without support for GPUs", "run {install}, and restart")
UNKNOWN = Reason(
    r"cuda|gpu|driver", "it names no usual reason", "run {install}, and see if 'nvidia-smi' works"
)


def visible_gpus() -> list[str]:
    """The GPUs that this process may use, named as in CUDA_VISIBLE_DEVICES."""
    return list(listed_gpus().names)


def listed_gpus() -> Listed:
    """What CUDA_VISIBLE_DEVICES names, or else what NVIDIA's driver lists."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return Listed(chosen_gpus(chosen))
    command = shutil.which("nvidia-smi")
    if command is None:
        return Listed()
    query = [command, "--query-gpu=index", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=DRIVER_SECONDS, check=False)
    except (subprocess.TimeoutExpired, OSError) as error:
        return Listed(complaint=str(error))
    said = " ".join(f"{answer.stdout} {answer.stderr}".split())
    if answer.returncode == 0:
        return Listed(tuple(answer.stdout.split()))
    return Listed(complaint="" if NO_DEVICES in said or not said else said)


def chosen_gpus(variable: str) -> tuple[str, ...]:
    """The GPUs that CUDA_VISIBLE_DEVICES names: as for CUDA, the first that is none ends the list."""
    chosen: list[str] = []
    for name in map(str.strip, variable.split(",")):
        if not re.fullmatch(r"\d+|(GPU|MIG)-[\w/-]+", name):
            break
        chosen.append(name)
    return tuple(chosen)


def has_device_files(folder: Path = Path("/dev")) -> bool:
    """Whether a driver of GPUs is loaded that no program lists, as in a container without 'nvidia-smi'."""
    return any(True for pattern in DEVICE_FILES for _ in folder.glob(pattern))


def probe() -> Probed:
    """Asks the backend, in a process of its own."""
    command = [sys.executable, "-m", "cnnlab.worker.probe"]
    python_path = os.pathsep.join(filter(None, [_package_parent(), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "0", "PYTHONPATH": python_path}
    backend = environment.get("KERAS_BACKEND", "tensorflow")
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=PROBE_SECONDS, env=environment, check=False
        )
        facts = json.loads(answer.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return Probed(backend, (), False, f"It did not answer within {PROBE_SECONDS} seconds.")
    except (ValueError, IndexError):  # it crashed, as a broken driver can make it
        return Probed(backend, (), False, f"{answer.stderr}\nIt ended with status {answer.returncode}.")
    said = f"{answer.stderr}\n{facts['error']}"
    return Probed(facts["backend"], tuple(facts["usable"]), facts["without_gpus"], said)


def find(
    listed: Callable[[], Listed] = listed_gpus,
    unlisted: Callable[[], bool] = has_device_files,
    ask: Callable[[], Probed] = probe,
) -> Gpus:
    """The GPUs that the backend can use. `listed`, `unlisted` and `ask` stand for driver and backend."""
    if PROBLEM in os.environ:  # found out by the process that started this one
        return Gpus(listed().names, os.environ[PROBLEM])
    names, complaint = listed()
    if complaint:
        return Gpus(problem=driver_sentence(complaint))
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") is not None and not names
    if hidden or not (names or unlisted()):
        return Gpus()
    probed = ask()
    usable = tuple(names[place] if place < len(names) else str(place) for place in probed.usable)
    missing = max(len(names), 1) - len(usable)
    return Gpus(usable, backend_sentence(probed, missing, bool(usable)) if missing > 0 else "")


def problem_beside(device_name: str) -> str:
    """Why a process that computes on the CPU does not use a GPU of this machine; empty where it has none."""
    return find().problem if device_name == "CPU" else ""


def driver_sentence(complaint: str) -> str:
    """The problem where the driver itself does not work."""
    return (
        f"The GPU is not used: NVIDIA's driver does not work ('{_short(complaint)}'). Restart the machine or "
        "install the driver again until 'nvidia-smi' lists the GPU; meanwhile the CPU trains."
    )


def backend_sentence(probed: Probed, missing: int, others: bool) -> str:
    """The problem where the driver has GPUs that the backend cannot use."""
    reason = reason_for(probed)
    title = TITLES.get(probed.backend, probed.backend)
    remedy = reason.remedy.format(install=INSTALL.get(probed.backend, INSTALL["tensorflow"]))
    quote = quoted(probed.said, reason.pattern)
    says = f" {title} says: '{quote}'." if quote else ""
    meanwhile = "meanwhile the others train" if others else "meanwhile the CPU trains"
    number = words.count(missing, "GPU")
    return (
        f"{title} cannot use {number} of this machine: {reason.why}. To mend it, {remedy}; {meanwhile}.{says}"
    )


def reason_for(probed: Probed) -> Reason:
    """The reason that a backend's messages give."""
    for reason in REASONS:
        if re.search(reason.pattern, probed.said, re.IGNORECASE):
            return reason
    return WITHOUT_GPUS if probed.without_gpus else UNKNOWN


def quoted(said: str, pattern: str) -> str:
    """The last line that gives the reason, without a log's prefix; empty where none does."""
    lines = [LOG_PREFIX.sub("", line).strip() for line in said.splitlines()]
    fitting = [line for line in lines if pattern and re.search(pattern, line, re.IGNORECASE)]
    return _short(fitting[-1]) if fitting else ""


def _short(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}…"


def _package_parent() -> str:
    return str(Path(__file__).resolve().parents[2])


def memory_bytes(gpu: str) -> int | None:
    """The memory of a GPU of NVIDIA's, named as in CUDA_VISIBLE_DEVICES; None where it is not known."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return None
    query = [command, "--query-gpu=memory.total", "--format=csv,noheader,nounits", f"--id={gpu}"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=DRIVER_SECONDS, check=False)
        return int(answer.stdout) * 2**20
    except (subprocess.TimeoutExpired, OSError, ValueError):
        return None  # a part of a GPU (MIG) has no number of its own


def worker_environments(
    found: Gpus, cpu_workers: int, memory: Callable[[str], int | None] = memory_bytes
) -> list[dict[str, str]]:
    """The variables of each worker: one worker for each usable GPU, or as many as a machine without has.

    A single GPU has two, if `memory`, in bytes, suffices for small trainings beside each other.
    """
    if len(found.usable) == 1 and shared_gpu.can_be_shared(size := memory(found.usable[0])):
        only = {"CUDA_VISIBLE_DEVICES": found.usable[0], PROBLEM: found.problem}
        return [only | shared_gpu.environment(found.usable[0], size)] * shared_gpu.WORKERS
    if found.usable:
        return [{"CUDA_VISIBLE_DEVICES": gpu, PROBLEM: found.problem} for gpu in found.usable]
    hidden = {"CUDA_VISIBLE_DEVICES": NO_GPU} if found.problem else {}
    return [{**hidden, PROBLEM: found.problem} for _ in range(cpu_workers)]
