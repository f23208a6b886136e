"""The saliency maps of one image, as a worker sends them to the dashboard, which must not load Keras."""

from typing import NamedTuple

import numpy as np


class Saliency(NamedTuple):
    """How the score of one class depends on the pixels of one image, (H, W, C)."""

    gradient: np.ndarray
    """(H, W) float32: the derivative of the score by each pixel, summed over the channels: how the score
    changes as all channels of the pixel become brighter by the same amount."""
    gradient_times_input: np.ndarray
    """(H, W) float32: the same times the pixel's value: the change of the score with it, to first order."""
    grad_cam: np.ndarray | None
    """(h, w) float32, at least 0: Grad-CAM at the last convolution; None without a convolution."""
