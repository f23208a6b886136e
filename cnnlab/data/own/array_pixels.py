"""Pixels of an `.npz` as bytes from 0, black, to 255, white: what other types and ranges mean."""

import numpy as np

from cnnlab.data.own.choices import AGAIN
from cnnlab.errors import InputRefused

BRIGHTEST = 255
ALMOST_ONE = 1.001  # what rounding may make of a brightest pixel of 1
ROWS = 1000  # images that are converted at a time, so that no second copy in floats is made
CHANNELS_LAST = "one of height, width and channels (N, H, W, 1 or 3), or of height and width (N, H, W)"


def image_shape(name: str, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Height, width and channels of the images in an array of this shape.

    Raises `InputRefused` for a shape that is neither (N, H, W) nor (N, H, W, C) with 1 or 3 channels.
    """
    received = f"{name} has the shape {_shown(shape)}"
    if len(shape) == 4 and shape[1] in (1, 3) and shape[3] not in (1, 3):
        raise InputRefused(
            f"{received}, with the channels first. They must come last: save "
            f"{name}.transpose(0, 2, 3, 1), {AGAIN}."
        )
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in (1, 3)) or 0 in shape:
        raise InputRefused(f"{received}, and must have {CHANNELS_LAST}: reshape it, {AGAIN}.")
    return shape[1], shape[2], shape[3] if len(shape) == 4 else 1


def check_dtype(name: str, dtype: np.dtype) -> None:
    """Raises `InputRefused` where pixels cannot be of this type, such as text or Python objects."""
    if dtype.kind not in "buif":
        raise InputRefused(f"{name} must hold numbers, not {_kind(dtype)}: save it as uint8, {AGAIN}.")


def _kind(dtype: np.dtype) -> str:
    return "Python objects, which are never loaded" if dtype.hasobject else f"{dtype}"


def to_bytes(arrays: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], str]:
    """The same arrays as uint8, and a sentence on how they were converted; empty where they were not.

    All of them are converted alike: their brightest pixel says what is white. Raises `InputRefused` for
    pixels that are no numbers, negative, or above what the type's range can mean.
    """
    low, high = _range(arrays)
    whole = all(array.dtype.kind in "bui" for array in arrays.values())
    if high <= ALMOST_ONE and high > 0:
        factor, note = 255.0, "Pixels from 0 to 1 became 0 to 255."
    elif high <= BRIGHTEST:
        factor, note = 1.0, "" if whole else "Pixels with decimals were rounded to whole numbers, 0 to 255."
    elif whole and high <= 65_535:
        factor, note = 1 / 256, "Pixels from 0 to 65,535 (16 bits) became 0 to 255."
    else:
        raise InputRefused(
            f"Pixels must be from 0 to 1 or from 0 to 255, these are from {low:g} to {high:g}: scale "
            f"them, {AGAIN}."
        )
    if factor == 1.0 and all(array.dtype == np.uint8 for array in arrays.values()):
        return arrays, ""
    return {name: _scaled(array, factor) for name, array in arrays.items()}, note


def _range(arrays: dict[str, np.ndarray]) -> tuple[float, float]:
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not all(np.isfinite(part).all() for part in _parts(array)):
            raise InputRefused(
                f"{name} has pixels that are no numbers (NaN or infinite): replace them, {AGAIN}."
            )
    low = min(float(array.min()) for array in arrays.values())
    high = max(float(array.max()) for array in arrays.values())
    if low < 0:
        raise InputRefused(
            f"Pixels must not be negative, these are from {low:g} to {high:g}: scale them to 0 to 255, "
            f"{AGAIN}."
        )
    return low, high


def _scaled(array: np.ndarray, factor: float) -> np.ndarray:
    """Pixels times the factor, as uint8: 16 bits lose their lower half, all others are rounded."""
    scaled = np.empty(array.shape, np.uint8)
    for start, part in enumerate(_parts(array)):
        values = part * np.float64(factor)
        rounded = np.floor(values) if factor < 1 else np.rint(values)
        scaled[start * ROWS : (start + 1) * ROWS] = np.minimum(rounded, BRIGHTEST)
    return scaled


def _parts(array: np.ndarray) -> list[np.ndarray]:
    return [array[start : start + ROWS] for start in range(0, len(array), ROWS)]


def _shown(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))})"
