import numpy as np
import pytest

from cnnlab.errors import NotFinite
from cnnlab.evidence.finite import require_finite


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_output_that_is_no_number_leaves_no_accuracy(value):
    outputs = np.full((5, 10), 0.1, np.float32)
    assert require_finite(outputs) is outputs
    outputs[4, 9] = value
    with pytest.raises(NotFinite, match="not numbers, since its training diverged, so it has no accuracy"):
        require_finite(outputs)
