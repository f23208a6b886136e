"""The device that this process trains on, its name and its memory. Keras is loaded inside the functions."""

import os
import sys
from dataclasses import dataclass
from typing import NamedTuple

import psutil

from cnnlab.worker import backend, bfloat16
from cnnlab.worker.gpus import PROBLEM
from cnnlab.worker.shared_gpu import SHARED


@dataclass(frozen=True)
class Device:
    """The device of one worker and the memory in use."""

    name: str
    """A GPU's name, or 'CPU'."""
    used_bytes: int
    """What this worker uses of the GPU's memory, or on a CPU of the machine's."""


def name() -> str:
    """The name of the first GPU, or 'CPU'."""
    gpus = gpu_names()
    return gpus[0] if gpus else "CPU"


class Report(NamedTuple):
    """What a worker says of its device."""

    name: str
    """A GPU's name, or 'CPU'."""
    problem: str
    """Why a GPU of this machine is not used, as it was found out when the worker started; else empty."""
    shared: bool
    """Whether it is a GPU on which another worker trains too."""
    bfloat16_problem: str
    """Why mixed bfloat16 would not be faster on it, in a sentence; empty where it would."""


def report() -> Report:
    """What this worker says of its device."""
    return Report(name(), os.environ.get(PROBLEM, ""), bool(os.environ.get(SHARED)), bfloat16.problem())


def describe() -> Device:
    """This process's device and how much of its memory this process uses."""
    gpus = gpu_names()
    return Device(gpus[0], _gpu_bytes()) if gpus else Device("CPU", psutil.Process().memory_info().rss)


def use_gpu_memory_as_needed() -> None:
    """Lets TensorFlow allocate a GPU's memory as it needs it, so that several processes can share the GPU."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # TensorFlow warns that each new network is traced
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def built_without_gpus() -> bool:
    """Whether the installed package of the Keras backend has no code for GPUs."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return not (tf.test.is_built_with_cuda() or tf.test.is_built_with_rocm())
    if keras.backend.backend() == "jax":
        from importlib.util import find_spec

        return not any(find_spec(name) for name in ("jax_cuda12_plugin", "jax_cuda13_plugin"))
    import torch

    return torch.version.cuda is None and torch.version.hip is None


def gpu_names() -> list[str]:
    """The names of the GPUs that the Keras backend sees."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        return [tf.config.experimental.get_device_details(gpu).get("device_name", "GPU") for gpu in gpus]
    if keras.backend.backend() == "jax":
        import jax

        return [device.device_kind for device in jax.devices() if device.platform == "gpu"]
    import torch

    return [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]


def _gpu_bytes() -> int:
    """What this process uses of the first GPU's memory."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.config.experimental.get_memory_info("GPU:0")["current"]
    if keras.backend.backend() == "jax":
        import jax

        return jax.devices()[0].memory_stats()["bytes_in_use"]
    import torch

    return torch.cuda.memory_allocated(0)


def load_keras() -> None:
    """Loads Keras and its backend without TensorFlow's messages on the terminal.

    TensorFlow's libraries write to stderr before they read TF_CPP_MIN_LOG_LEVEL (seen with 2.21), so stderr
    is redirected while they load. Raises `BackendUnavailable`; other exceptions are raised as usual.
    """
    backend.require()
    sys.stderr.flush()
    stderr, null_device = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null_device, 2)
        use_gpu_memory_as_needed()
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(null_device)
