"""What one filter of a convolution computes, in NumPy: the sums, the bias, the activation.

The values equal those of Keras's Conv2D (tested); they are computed again here so that every single product
can be shown.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from cnnlab.arithmetic.shapes import margins
from cnnlab.spec import Activation, Padding


class Norm(NamedTuple):
    """What batch normalisation computes from one map in prediction: value · scale + shift.

    From Keras's variables: scale = gamma / √(moving_variance + epsilon), shift = beta − moving_mean · scale.
    """

    scale: float
    shift: float


def convolve(
    maps: np.ndarray,
    kernel: np.ndarray,
    bias: float = 0.0,
    padding: Padding = "valid",
    stride: int = 1,
) -> np.ndarray:
    """One filter slid over the maps, before the activation: the cross-correlation, plus the bias.

    out[y, x] = bias + Σ maps[y·s + i, x·s + j, c] · kernel[i, j, c], over i, j and c, where s is the stride
    and maps has its zeros around it; the kernel is not flipped. Summed in double precision.

    Args:
        maps: (H, W, C) numbers.
        kernel: (k, k, C) numbers.
        padding: "valid" keeps the kernel inside the map, H' = ⌊(H − k) / s⌋ + 1; "same" adds zeros as
            `arithmetic.shapes.margins` says, H' = ⌈H / s⌉.
        stride: Pixels from one place of the kernel to the next, at least 1.

    Returns (H', W') float32. Raises `ValueError` for other shapes, and for a kernel that does not fit.
    """
    check_kernel(maps, kernel, padding)
    side = kernel.shape[0]
    rows, columns = (margins(length, side, stride, padding) for length in maps.shape[:2])
    padded = np.pad(maps, (rows, columns, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(0, 1))
    placed = windows[::stride, ::stride]  # (H', W', C, k, k)
    sums = np.einsum("yxcij,ijc->yx", placed, kernel, dtype=np.float64)
    return (sums + bias).astype(np.float32)


def check_kernel(maps: np.ndarray, kernel: np.ndarray, padding: Padding) -> None:
    """Raises `ValueError` unless the maps are (H, W, C), the kernel (k, k, C), and it fits them."""
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
    from scipy.special import expit

    return expit(x)


def _gelu(x: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr

    return x * ndtr(x)


_ACTIVATIONS: dict[Activation, Callable[[np.ndarray], np.ndarray]] = {
    "relu": lambda x: np.maximum(x, 0),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "gelu": _gelu,
    "silu": lambda x: x * _sigmoid(x),
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "linear": lambda x: x,
}
