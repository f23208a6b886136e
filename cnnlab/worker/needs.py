"""How much memory a training is estimated to need, what of it is the most, and which control lowers that.

All numbers are float32. `python -m tests.benchmarks.memory` holds the estimate to what trainings take.
"""

from math import prod
from typing import NamedTuple

from cnnlab.arithmetic.network import layer_rows
from cnnlab.data.registry import DATASETS
from cnnlab.models.batches import FLOAT_BYTES, evaluation_batch
from cnnlab.spec import TITLES, DenseSpec, RunSpec


class Needs(NamedTuple):
    """What a training needs, in bytes."""

    weights: int
    """The weights, as often as they are there: with their gradients and Adam's two moments four times."""
    trained_maps: int
    """The maps of a batch with their gradients, and as much again for the convolutions' own use."""
    tested_maps: int
    """The maps of the images that are evaluated at a time."""
    images: int
    """The training and the test images."""

    @property
    def total(self) -> int:
        """All of it: a training has either the maps of a batch or those of an evaluation."""
        return self.weights + max(self.trained_maps, self.tested_maps) + self.images


def needs_of(spec: RunSpec, copies: int = 4) -> Needs:
    """The estimate for a training that holds so many copies of the weights."""
    info = DATASETS[spec.data.dataset]
    rows = layer_rows(spec.model, info.input_shape, len(info.classes))
    values = sum(prod(row.output_shape) for row in rows)
    pixels = prod(info.input_shape) * (spec.data.images + info.test_images[spec.data.source])
    return Needs(
        FLOAT_BYTES * copies * sum(row.params for row in rows),
        FLOAT_BYTES * 3 * spec.training.batch_size * values,
        FLOAT_BYTES * evaluation_batch(row.output_shape for row in rows) * values,
        FLOAT_BYTES * pixels,
    )


def controls_of(spec: RunSpec, needs: Needs) -> list[str]:
    """The titles of the controls that lower the largest part of what a training needs."""
    dense = isinstance(spec.model, DenseSpec)
    width = "units" if dense else "filters"
    names = {
        needs.weights: ["units" if dense else "dense_units"],
        needs.tested_maps: [width],
        needs.trained_maps: ["batch_size", width],
        needs.images: ["images"],
    }
    return [TITLES[name] for name in names[max(needs)]]
