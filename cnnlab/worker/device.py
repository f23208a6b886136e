"""What a worker trains on: its name and its memory. The backend is asked inside the functions."""

import os
import sys
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Device:
    """One worker's device, as it is now."""

    name: str
    """A GPU's name, or 'CPU'."""
    used_bytes: int
    """Memory in use: the GPU's by this worker, or this worker's share of the machine's."""


def name() -> str:
    """What this process trains on: a GPU's name, or 'CPU'."""
    gpus = _gpus()
    return gpus[0] if gpus else "CPU"


def describe() -> Device:
    """This process's device and how much memory it takes."""
    gpus = _gpus()
    return Device(gpus[0], _gpu_bytes()) if gpus else Device("CPU", psutil.Process().memory_info().rss)


def use_gpu_memory_as_needed() -> None:
    """Lets TensorFlow take a GPU's memory bit by bit, so that several processes can share it."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # each new network is traced anew, which TensorFlow warns of
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def _gpus() -> list[str]:
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
    """Loads Keras and its backend, and keeps TensorFlow's greeting off the terminal.

    TensorFlow's libraries write it to stderr before they read TF_CPP_MIN_LOG_LEVEL (seen with 2.21).
    What is raised is shown as always.
    """
    sys.stderr.flush()
    terminal, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        use_gpu_memory_as_needed()
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(nowhere)
