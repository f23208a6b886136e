"""What is found in a network and travels from a worker to the dashboard, which must not load Keras."""

from typing import NamedTuple

import numpy as np


class Saliency(NamedTuple):
    """What the score of one class depends on, for one image (H, W, C)."""

    gradient: np.ndarray
    """(H, W) float32: the derivative of the score by each pixel, summed over colours. [score per unit]"""
    gradient_times_input: np.ndarray
    """(H, W) float32: the same times the pixel's value; what each pixel adds, to first order."""
    grad_cam: np.ndarray | None
    """(h, w) float32, at least 0: Grad-CAM at the last convolution; None without a convolution."""
