"""What a worker says when its memory runs out, on a GPU or on the machine; then the worker goes on."""

import contextlib
import gc
import traceback
from collections.abc import Generator, Iterator

from cnnlab.errors import OutOfMemory

# The backends' own errors, by name, so that none of the backends has to be loaded to know them.
CLASSES = {
    "MemoryError",
    "ResourceExhaustedError",
    "OutOfMemoryError",
}  # Python and NumPy, TensorFlow, PyTorch
STATUS = "RESOURCE_EXHAUSTED"  # begins the message of JAX's errors, and of TensorFlow's compiled code

TRAINING = (
    "The memory of the {device} ran out in this training: lower 'Batch size', 'Filters' or 'Dense units', or "
    "let no other training run beside it."
)
ANSWER = (
    "The memory of the {device} ran out while this was computed: wait until no training runs beside it, or "
    "train a network with fewer filters."
)


@contextlib.contextmanager
def in_sentences(sentence: str, device: str) -> Generator[None]:
    """Raises `OutOfMemory` with the sentence in place of whatever a backend raises when its memory runs out.

    `device`: its name, or 'CPU'. What the failed computation had allocated is released: an exception holds
    the variables of all functions that it has left, a network and its feature maps among them.
    """
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        for each in _chain(error):
            traceback.clear_frames(each.__traceback__)
        text = sentence.format(device="machine" if device == "CPU" else f"GPU ({device})")
    else:
        return
    gc.collect()
    raise OutOfMemory(text)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this error, or one that it followed from, says that memory could not be allocated."""
    return any(
        CLASSES & {base.__name__ for base in type(each).__mro__} or str(each).lstrip().startswith(STATUS)
        for each in _chain(error)
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those that it followed from."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
