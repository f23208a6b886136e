"""How many images one forward pass takes, so that the feature maps of large images fit the memory."""

from collections.abc import Iterable
from math import prod

EVALUATION_BATCH = 500  # images, at most
LARGEST_OUTPUT = 256 * 2**20  # bytes of one layer's output for a batch
FLOAT_BYTES = 4


def evaluation_batch(output_shapes: Iterable[tuple[int, ...]], most: int = EVALUATION_BATCH) -> int:
    """How many images to evaluate at a time: `most`; fewer where a layer's output would be too large.

    `output_shapes`: of every layer, for one image, such as (26, 26, 64).
    """
    largest = max(map(prod, output_shapes))
    return max(1, min(most, LARGEST_OUTPUT // (FLOAT_BYTES * largest)))
