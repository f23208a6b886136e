"""Which backend Keras computes with, as KERAS_BACKEND names it; Keras itself is not loaded here."""

import importlib.util
import os

from cnnlab.errors import BackendUnavailable

DEFAULT = "tensorflow"
PACKAGES = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}  # backend → what installs it


def name() -> str:
    """The backend that is asked for."""
    return os.environ.get("KERAS_BACKEND") or DEFAULT


def require() -> None:
    """Raises `BackendUnavailable` where Keras could not load the backend."""
    if name() not in PACKAGES:
        raise BackendUnavailable(
            f"The environment variable KERAS_BACKEND must be {', '.join(PACKAGES)} or empty, not '{name()}': "
            "correct it and start again."
        )
    if importlib.util.find_spec(name()) is None:
        raise BackendUnavailable(
            f"The environment variable KERAS_BACKEND asks for '{name()}', which is not installed: run "
            f"'pip install {PACKAGES[name()]}', or name another backend, and start again."
        )
