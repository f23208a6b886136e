"""`python -m cnnlab.worker.probe`: computes on every GPU that the Keras backend sees, and prints as JSON on
which of them that works.

What the backend writes to stderr on the way says why it does not see the others; `cnnlab.worker.gpus` reads
both.
"""

import json
from typing import Any

from cnnlab.worker import device


def computes(position: int) -> None:
    """Convolves on one GPU, which needs its driver, its memory and its libraries; raises where it cannot."""
    import keras
    import numpy as np

    with keras.device(f"gpu:{position}"):
        image = keras.ops.convert_to_tensor(np.ones((1, 8, 8, 1), "float32"))
        kernel = keras.ops.convert_to_tensor(np.ones((3, 3, 1, 1), "float32"))
        keras.ops.convert_to_numpy(keras.ops.conv(image, kernel))


def answer() -> dict[str, Any]:
    """The backend, the positions of the usable GPUs, whether it is built without GPUs, and its errors."""
    import keras

    errors: list[str] = []
    usable = []
    for position in range(len(_visible(errors))):
        try:
            computes(position)
        except Exception as error:  # noqa: BLE001 whatever a backend raises is its reason
            errors.append(f"{type(error).__name__}: {error}")
        else:
            usable.append(position)
    return {
        "backend": keras.backend.backend(),
        "usable": usable,
        "without_gpus": device.built_without_gpus(),
        "error": "\n".join(errors),
    }


def _visible(errors: list[str]) -> list[str]:
    try:
        device.use_gpu_memory_as_needed()
        return device.gpu_names()
    except Exception as error:  # noqa: BLE001 each backend raises its own where a driver is broken
        errors.append(f"{type(error).__name__}: {error}")
        return []


if __name__ == "__main__":
    print(json.dumps(answer()))
