"""Where training steps are faster in bfloat16, and what is said where they are not."""

import pathlib
from types import SimpleNamespace

import keras
import pytest
import tensorflow as tf

from cnnlab.worker import bfloat16, device


def with_gpu(monkeypatch: pytest.MonkeyPatch, **details) -> None:
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["gpu"])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: details)


@pytest.mark.parametrize("flags", ["fpu avx512f avx512_bf16 fma", "amx_bf16 amx_tile"])
def test_processors_with_the_arithmetic_are_faster(monkeypatch, flags):
    monkeypatch.setattr(bfloat16, "cpu_flags", lambda: set(flags.split()))
    assert bfloat16.problem() == ""


@pytest.mark.parametrize("flags", ["", "fpu avx2 avx512f fma"])
def test_of_other_processors_it_is_said_that_they_are_slower(monkeypatch, flags):
    monkeypatch.setattr(bfloat16, "cpu_flags", lambda: set(flags.split()))
    assert "This processor is not known to compute in bfloat16" in bfloat16.problem()
    assert device.report().bfloat16_problem == bfloat16.problem()


@pytest.mark.parametrize(
    ("details", "faster"),
    [
        ({"compute_capability": (9, 0)}, True),
        ({"compute_capability": (8, 0)}, True),
        ({"compute_capability": (7, 5)}, False),
        ({"device_name": "of another maker"}, False),
    ],
)
def test_gpus_are_faster_from_ampere_on(monkeypatch, details, faster):
    monkeypatch.setattr(bfloat16, "cpu_flags", lambda: {"avx512_bf16"})
    with_gpu(monkeypatch, **details)
    assert (bfloat16.problem() == "") == faster
    assert faster or "This GPU" in bfloat16.problem()


def test_another_backend_on_a_cpu_makes_no_use_of_it(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    monkeypatch.setattr(bfloat16, "cpu_flags", lambda: {"avx512_bf16"})
    fake = SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: False))
    monkeypatch.setitem(__import__("sys").modules, "torch", fake)
    assert "backend torch" in bfloat16.problem()


def test_the_flags_are_those_of_the_system(monkeypatch, tmp_path):
    listed = tmp_path / "cpuinfo"
    listed.write_text("model name\t: one\nflags\t\t: fpu avx512_bf16\nbugs\t\t: none\n")
    monkeypatch.setattr(bfloat16, "Path", lambda _: pathlib.Path(listed))
    monkeypatch.setattr(bfloat16.sys, "platform", "linux")
    assert bfloat16.cpu_flags() == {"fpu", "avx512_bf16"}
    monkeypatch.setattr(bfloat16.sys, "platform", "darwin")
    assert bfloat16.cpu_flags() == set()
