"""Whether this process's device computes in bfloat16 by itself. Keras's backend is loaded inside."""

import sys
from pathlib import Path

CPU_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})  # as Linux names them; oneDNN uses either
LEAST_CAPABILITY = 8  # CUDA's compute capability of NVIDIA's Ampere, the first with bfloat16
SLOWER = "training steps would be slower than in float32, not faster"


def problem() -> str:
    """Why training steps would not be faster in bfloat16 here, in a sentence; empty where they would."""
    import keras

    backend = keras.backend.backend()
    capability = _gpu_capability(backend)
    if capability is not None:
        old = f"This GPU does not compute in bfloat16, which NVIDIA's do from Ampere on: {SLOWER}."
        return "" if capability >= LEAST_CAPABILITY else old
    if backend != "tensorflow":
        return f"On a CPU, Keras's backend {backend} does not make use of bfloat16: {SLOWER}."
    if cpu_flags() & CPU_FLAGS:
        return ""
    return f"This processor is not known to compute in bfloat16 (AVX-512 BF16 or AMX): {SLOWER}."


def cpu_flags() -> set[str]:
    """What the processor can do, as Linux lists it in /proc/cpuinfo; nothing on other systems."""
    if sys.platform != "linux":
        return set()
    lines = Path("/proc/cpuinfo").read_text("utf-8", errors="replace").splitlines()
    return {flag for line in lines if line.startswith("flags") for flag in line.partition(":")[2].split()}


def _gpu_capability(backend: str) -> float | None:
    """CUDA's compute capability of the first GPU; 0 for a GPU that has none, None without a GPU."""
    if backend == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        if not gpus:
            return None
        major, minor = tf.config.experimental.get_device_details(gpus[0]).get("compute_capability", (0, 0))
        return float(f"{major}.{minor}")
    if backend == "jax":
        import jax

        gpus = [device for device in jax.devices() if device.platform == "gpu"]
        return float(getattr(gpus[0], "compute_capability", 0)) if gpus else None
    import torch

    if not torch.cuda.is_available():
        return None
    return float("{}.{}".format(*torch.cuda.get_device_capability()))
