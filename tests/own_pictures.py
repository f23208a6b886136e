"""Files that a person might bring: pictures, zips and folders of them, `.npz` files."""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

RED, BLUE = (200, 30, 30), (30, 30, 200)


def saved(picture: Image.Image, format: str = "PNG", **options) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def even(colour=RED, size: tuple[int, int] = (12, 10), mode: str = "RGB", format: str = "PNG") -> bytes:
    return saved(Image.new(mode, size, colour), format)


def pets(number: int = 8, outer: str = "") -> dict[str, bytes]:
    """Path → content: so many red cats and as many blue dogs, in a folder for each."""
    kinds = {"cat": RED, "dog": BLUE}
    return {f"{outer}{kind}/{i}.png": even(colour) for kind, colour in kinds.items() for i in range(number)}


def zipped(files: Mapping[str, bytes]) -> BytesIO:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # `writestr` refuses a name that has nothing before its first NUL byte, where a zip may have it.
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return BytesIO(buffer.getvalue())


def unfolded(files: Mapping[str, bytes], folder: Path) -> Path:
    """Writes the files into a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def npz(**arrays) -> BytesIO:
    buffer = BytesIO()
    np.savez(buffer, **arrays)
    return BytesIO(buffer.getvalue())


def labelled(images: int = 24, classes: int = 2, shape: tuple[int, ...] = (9, 8, 3)) -> dict[str, np.ndarray]:
    """`x_train` and `y_train` with random bytes, the classes in turn."""
    pixels = np.random.default_rng(0).integers(0, 256, (images, *shape), dtype=np.uint8)
    return {"x_train": pixels, "y_train": np.arange(images) % classes}
