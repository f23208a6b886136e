import pytest

from cnnlab.arithmetic.network import layer_rows
from cnnlab.models.batches import EVALUATION_BATCH, LARGEST_OUTPUT, evaluation_batch
from cnnlab.spec import PRESETS


@pytest.mark.parametrize("preset", PRESETS)
def test_small_images_are_evaluated_in_full_batches(preset):
    rows = layer_rows(PRESETS[preset].model, (28, 28, 1), 10)
    assert evaluation_batch(row.output_shape for row in rows) == EVALUATION_BATCH


def test_the_maps_of_large_images_fit_the_memory():
    rows = layer_rows(PRESETS["lab"].model, (150, 150, 3), 2)
    batch = evaluation_batch(row.output_shape for row in rows)
    assert batch * 148 * 148 * 64 * 4 <= LARGEST_OUTPUT < (batch + 1) * 148 * 148 * 64 * 4


def test_there_is_always_one_image():
    assert evaluation_batch([(10_000, 10_000, 64)]) == 1
