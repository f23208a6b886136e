"""What one filter of a convolution computes, in NumPy: the sums, the bias, the activation.

The values are those of Keras's Conv2D with stride 1, which the tests prove; this file computes them anew
so that each product can be shown. It knows nothing of Keras or screens; pooling is `cnnlab.inside.pooling`'s.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from cnnlab.spec import Activation, Padding


class Norm(NamedTuple):
    """What batch normalisation does to one map once training is over: value · scale + shift.

    From Keras's variables: scale = gamma / √(moving_variance + epsilon), shift = beta − moving_mean · scale.
    """

    scale: float
    shift: float


def margins(side: int, padding: Padding) -> tuple[int, int]:
    """Rows of zeros before and after a map (or columns), for a kernel of this side.

    Padding "same" puts the odd one, which a kernel of even side needs, after: at the bottom and right, as
    TensorFlow does (https://www.tensorflow.org/api_docs/python/tf/nn, "Notes on padding").
    """
    return ((side - 1) // 2, side // 2) if padding == "same" else (0, 0)


def convolve(
    maps: np.ndarray, kernel: np.ndarray, bias: float = 0.0, padding: Padding = "valid"
) -> np.ndarray:
    """One filter slid over the maps, before the activation: the cross-correlation, plus the bias.

    out[y, x] = bias + Σ maps[y + i, x + j, c] · kernel[i, j, c], over i, j and c; the kernel is not turned
    round. Summed in double precision.

    Args:
        maps: (H, W, C) numbers.
        kernel: (k, k, C) numbers.
        padding: "valid" keeps the kernel inside the map, H' = H − k + 1; "same" adds zeros, H' = H.

    Returns (H', W') float32. Raises `ValueError` for other shapes, and for a kernel that does not fit.
    """
    check_kernel(maps, kernel, padding)
    side = kernel.shape[0]
    around = margins(side, padding)
    padded = np.pad(maps, (around, around, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(0, 1))  # (H', W', C, k, k)
    sums = np.einsum("yxcij,ijc->yx", windows, kernel, dtype=np.float64)
    return (sums + bias).astype(np.float32)


def check_kernel(maps: np.ndarray, kernel: np.ndarray, padding: Padding) -> None:
    """Raises `ValueError` unless the kernel is (k, k, C), the maps (H, W, C), and the one fits the other."""
    if maps.ndim != 3 or not maps.size:
        raise ValueError(f"Maps must be (H, W, C) and not empty, not {maps.shape}.")
    side, channels = kernel.shape[0] if kernel.ndim else 0, maps.shape[2]
    if not side or kernel.shape != (side, side, channels):
        raise ValueError(f"A kernel over {channels} maps must be (k, k, {channels}), not {kernel.shape}.")
    if padding == "valid" and side > min(maps.shape[:2]):
        height, width = maps.shape[:2]
        raise ValueError(
            f"The {side}×{side} kernel does not fit the {height}×{width} map: "
            "choose a smaller kernel, or 'Padding' 'same'."
        )


def activate(values: np.ndarray, name: Activation) -> np.ndarray:
    """The activation of each value, as Keras defines it (its defaults): float32 of the same shape.

    relu max(0, x); elu x or eˣ − 1 below 0; gelu x · Φ(x), exact; silu x · sigmoid(x); tanh; sigmoid; linear.
    """
    return _ACTIVATIONS[name](np.asarray(values, np.float64)).astype(np.float32)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return (1 + np.tanh(x / 2)) / 2  # does not overflow, unlike 1 / (1 + exp(-x))


_erf = np.vectorize(math.erf, otypes=[np.float64])

_ACTIVATIONS: dict[Activation, Callable[[np.ndarray], np.ndarray]] = {
    "relu": lambda x: np.maximum(x, 0),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "gelu": lambda x: x * (1 + _erf(x / math.sqrt(2))) / 2,
    "silu": lambda x: x * _sigmoid(x),
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "linear": lambda x: x,
}
