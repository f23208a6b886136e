"""Memory that runs out, by stand-ins for what TensorFlow, JAX, PyTorch and NumPy raise."""

import weakref

import numpy as np
import pytest
import tensorflow as tf

from cnnlab import runs
from cnnlab.errors import OutOfMemory
from cnnlab.models import training
from cnnlab.spec import PRESETS
from cnnlab.worker import device, memory, train


class JaxRuntimeError(RuntimeError):
    """As JAX names it."""


class OutOfMemoryError(RuntimeError):
    """As `torch.cuda` names it."""


def numpys_error() -> MemoryError:
    with pytest.raises(MemoryError) as raised:
        np.empty(2**62, np.uint8)
    return raised.value


def caused_by(error: BaseException) -> Exception:
    try:
        try:
            raise error
        except type(error) as inner:
            raise RuntimeError("Exception encountered when calling layer 'conv_1'.") from inner
    except RuntimeError as outer:
        return outer


OUT = {
    "TensorFlow": tf.errors.ResourceExhaustedError(
        None, None, "OOM when allocating tensor with shape[64,26]"
    ),
    "TensorFlow, compiled": tf.errors.InternalError(None, None, "RESOURCE_EXHAUSTED: Out of memory"),
    "JAX": JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 123 bytes."),
    "PyTorch": OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."),
    "NumPy": numpys_error(),
    "Python": MemoryError(),
    "in a layer": caused_by(MemoryError()),
}
OTHERS = (ValueError("out of shape"), KeyError("memory"), tf.errors.InternalError(None, None, "no kernel"))


@pytest.mark.parametrize("error", OUT.values(), ids=OUT)
def test_memory_that_runs_out_is_a_sentence_with_the_controls_to_lower(error):
    sentence = pytest.raises(OutOfMemory, match=r"memory of the machine ran out.*'Batch size', 'Filters'")
    with sentence, memory.in_sentences(memory.TRAINING, "CPU"):
        raise error


def test_the_sentence_names_the_gpu():
    sentence = pytest.raises(OutOfMemory, match=r"memory of the GPU \(NVIDIA H100\) ran out")
    with sentence, memory.in_sentences(memory.ANSWER, "NVIDIA H100"):
        raise MemoryError


@pytest.mark.parametrize("error", OTHERS, ids=repr)
def test_other_errors_are_raised_as_they_are(error):
    with pytest.raises(type(error)) as raised, memory.in_sentences(memory.TRAINING, "CPU"):
        raise error
    assert raised.value is error


class Large:
    """Stands for a network with its feature maps."""


def test_what_was_allocated_is_released_while_the_error_still_exists():
    left: list[weakref.ref] = []

    def compute() -> None:
        network = Large()
        left.append(weakref.ref(network))
        raise MemoryError

    with pytest.raises(OutOfMemory), memory.in_sentences(memory.TRAINING, "CPU"):
        compute()
    assert left[0]() is None


def test_only_the_run_that_ran_out_fails_and_the_next_one_trains(monkeypatch):
    spec = (
        PRESETS["small"].with_setting("data.images", 200).with_setting("training.epochs", 1).runs()["model"]
    )
    failing, next_one = (runs.create("model", "memory", spec) for _ in range(2))
    with monkeypatch.context() as patched:
        patched.setattr(training, "fit", lambda *arguments: (_ for _ in ()).throw(OUT["TensorFlow"]))
        with pytest.raises(OutOfMemory):
            train.train(failing)
    train.train(next_one)
    run = runs.get(failing)
    assert run.status == "failed"
    assert run.reason == memory.TRAINING.format(device="machine" if device.name() == "CPU" else "GPU")
    assert runs.get(next_one).status == "finished"
