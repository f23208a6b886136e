import numpy as np
import pytest

from cnnlab.data.own.own_images import OwnImages

PIXELS = np.zeros((4, 8, 9, 1), np.uint8)
LABELS = np.array([0, 1, 0, 1])


def made(classes=("a", "b"), x=PIXELS, y=LABELS, x_test=PIXELS, y_test=LABELS) -> OwnImages:
    return OwnImages(classes, x, y, x_test, y_test)


def test_the_arrays_have_their_names():
    assert list(made().arrays) == ["x_train", "y_train", "x_test", "y_test"]


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": ("a",)},
        {"x": PIXELS.astype(np.float32)},
        {"x": PIXELS[:3]},
        {"x": PIXELS[..., 0]},
        {"x": PIXELS[:, :7], "x_test": PIXELS[:, :7]},
        {"x": np.zeros((4, 151, 9, 1), np.uint8), "x_test": np.zeros((4, 151, 9, 1), np.uint8)},
        {"x_test": PIXELS[:, :, :8]},
        {"x_test": PIXELS[:0], "y_test": LABELS[:0]},
        {"y": LABELS + 1},
        {"y": LABELS - 1},
        {"y": LABELS.astype(np.int32)},
    ],
)
def test_what_is_no_data_set_is_a_fault_of_the_program(changes):
    with pytest.raises(ValueError):
        made(**changes)
