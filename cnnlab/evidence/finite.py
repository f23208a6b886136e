"""Whether a network's outputs are numbers: where they are not, there is no accuracy and no verdict.

The likeliest class of outputs that are not numbers would be the first class, so that a network whose training
diverged would be right on every image of that class.
"""

import numpy as np

from cnnlab.errors import NotFinite

NO_ACCURACY = "Its outputs are not numbers, since its training diverged, so it has no accuracy."


def require_finite(probabilities: np.ndarray) -> np.ndarray:
    """The same probabilities, (N, classes). Raises `NotFinite` if one of them is not a finite number."""
    if not np.isfinite(probabilities).all():
        raise NotFinite(NO_ACCURACY)
    return probabilities
