"""The other two backends of Keras, where they are installed: each in a process of its own."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("other_backend.py")
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_training_is_keras_own_with_another_backend(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"'pip install {backend}' installs what this tests: it is no requirement of cnnlab")
    environment = os.environ | {
        "KERAS_BACKEND": backend,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
    }
    done = subprocess.run(
        [sys.executable, str(PROGRAM)], capture_output=True, text=True, check=False, env=environment
    )
    assert (done.returncode, done.stdout.strip()) == (0, "the same"), done.stderr
