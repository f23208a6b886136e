"""The photograph that travels along: larger than the images of the data sets, to see a kernel at full size.

`photograph.png` is `camera.png` of scikit-image 0.26, unchanged. Its author is Lav Varshney; licence CC0.
scikit-image says of it: "No copyright restrictions. CC0 by the photographer (Lav Varshney)"
(`skimage.data.camera`; https://github.com/scikit-image/scikit-image/issues/3927).
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from cnnlab.errors import DatasetUnavailable

FILE = Path(__file__).parent / "photograph.png"
SIDE = 512  # pixels
SUBJECT = "a man who looks through a camera on a tripod, with a lawn and towers behind him"


def photograph() -> np.ndarray:
    """The photograph, (512, 512, 1) float32 in [0, 1], 0 black; all callers share it, so it is read-only.

    Raises `DatasetUnavailable` where its file is missing, damaged or another picture.
    """
    return _read(FILE)


@lru_cache(maxsize=1)
def _read(path: Path) -> np.ndarray:
    try:
        with Image.open(path) as file:
            mode, pixels = file.mode, np.asarray(file)
    except (OSError, SyntaxError, ValueError) as error:  # what Pillow raises for a damaged PNG
        reason = getattr(error, "strerror", None) or error
        raise DatasetUnavailable(f"{path} cannot be read: {reason}.") from error
    if mode != "L" or pixels.shape != (SIDE, SIDE):
        size = "×".join(map(str, pixels.shape[:2]))
        raise DatasetUnavailable(f"{path} must be {SIDE}×{SIDE} pixels of mode L, not {size} of mode {mode}.")
    grey = pixels[..., None].astype(np.float32) / np.float32(255)
    grey.flags.writeable = False
    return grey
