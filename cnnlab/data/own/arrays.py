"""Images and labels in an `.npz`: `x_train` and `y_train`; `x_test`, `y_test` and `classes` if there are any.

Types, shapes and unpacked sizes are checked before an array is read, and pickled objects are never loaded.
"""

import zipfile
from typing import IO

import numpy as np
from PIL import Image

from cnnlab.data.formats import DAMAGED_NPZ
from cnnlab.data.own.array_labels import names_from, to_numbers
from cnnlab.data.own.array_pixels import check_dtype, image_shape, to_bytes
from cnnlab.data.own.choices import AGAIN, FILES
from cnnlab.data.own.contents import Contents
from cnnlab.data.own.npz_headers import Header, read_headers
from cnnlab.errors import InputRefused
from cnnlab.words import listing

NEEDED = ("x_train", "y_train")
KNOWN = (*NEEDED, "x_test", "y_test", "classes")
MOST_UNPACKED = 2_000_000_000  # bytes of all arrays


def find_arrays(file: IO[bytes]) -> Contents:
    """The images in an `.npz`, with their classes.

    Pixels may be uint8, other whole numbers up to 255 or 65,535, or floats from 0 to 1 or to 255; labels
    whole numbers or text. What was converted is in the notes. Raises `InputRefused` for anything else, with
    what to do about it.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            headers = read_headers(archive)
            _check(headers)
            arrays = {name: headers[name].read(archive) for name in KNOWN if name in headers}
    except DAMAGED_NPZ as error:
        raise InputRefused(
            f"This is no .npz file, or a damaged one ({_reason(error)}): choose another under '{FILES}'."
        ) from error
    names = names_from(arrays["classes"]) if "classes" in arrays else None
    labels = to_numbers(_named(arrays, "y_"), names)
    pixels, note = to_bytes(_named(arrays, "x_"))
    others = sorted(set(headers) - set(KNOWN))
    left_out = f"Not used: {listing(others[:5])}{' …' if len(others) > 5 else ''}." if others else ""
    return _contents(pixels, labels.classes, labels.numbers, (*labels.notes, *filter(None, (note, left_out))))


def _named(arrays: dict[str, np.ndarray], first: str) -> dict[str, np.ndarray]:
    return {name: array for name, array in arrays.items() if name.startswith(first)}


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).rstrip(".") or type(error).__name__


def _check(headers: dict[str, Header]) -> None:
    """Raises `InputRefused` where names, types, shapes or sizes do not fit."""
    missing = [name for name in NEEDED if name not in headers]
    if missing or ("x_test" in headers) != ("y_test" in headers):
        raise InputRefused(
            "The file must hold x_train and y_train, and may hold x_test with y_test, and classes; it holds "
            f"{listing(sorted(headers)[:10]) or 'nothing'}: rename its arrays, {AGAIN}."
        )
    known = {name: headers[name] for name in KNOWN if name in headers}
    for name, header in known.items():
        if header.dtype.hasobject:
            raise InputRefused(
                f"{name} holds Python objects, which are never loaded: save it as numbers or text, {AGAIN}."
            )
    needed = sum(max(header.nbytes, header.unpacked) for header in known.values())
    if needed > MOST_UNPACKED:
        raise InputRefused(
            f"The arrays may take {MOST_UNPACKED / 1e9:g} GB, these take {needed / 1e9:,.1f} GB: "
            f"save fewer images, or pixels as uint8, {AGAIN}."
        )
    _check_images(known)


def _check_images(headers: dict[str, Header]) -> None:
    shapes = {}
    for name in ("x_train", "x_test"):
        if name in headers:
            check_dtype(name, headers[name].dtype)
            shapes[name] = image_shape(name, headers[name].shape)
            images, labels = headers[name].shape[0], headers[f"y{name[1:]}"].shape[:1]
            if labels != (images,):
                raise InputRefused(
                    f"There must be a label for each image, but {name} has {images:,} images and y{name[1:]} "
                    f"{labels[0] if labels else 0:,} labels: mend it, {AGAIN}."
                )
    if len(set(shapes.values())) > 1:
        shown = " and ".join("×".join(map(str, shape)) for shape in shapes.values())
        raise InputRefused(
            f"The images for training and test must have one size, not {shown}: mend it, {AGAIN}."
        )


def _contents(
    pixels: dict[str, np.ndarray],
    classes: tuple[str, ...],
    labels: dict[str, np.ndarray],
    notes: tuple[str, ...],
) -> Contents:
    """The arrays as pictures, those for training first."""
    border = len(pixels["x_train"])
    total = border + len(pixels.get("x_test", ()))
    height, width, channels = image_shape("x_train", pixels["x_train"].shape)

    def place(number: int) -> tuple[str, int]:
        return ("x_train", number) if number < border else ("x_test", number - border)

    def picture(number: int, _frame: tuple[int, int]) -> Image.Image:
        name, index = place(number)
        rows = pixels[name][index].reshape(height, width, channels)
        return Image.fromarray(rows if channels == 3 else rows[..., 0]).convert("RGB")

    return Contents(
        classes=classes,
        labels=np.concatenate([labels[f"y{name[1:]}"] for name in pixels]),
        for_test=np.arange(total) >= border,
        sizes=np.broadcast_to(np.array([width, height]), (total, 2)),
        in_colour=np.full(total, channels == 3),
        picture=picture,
        names=lambda number: "image {1} of {0}".format(*place(number)),
        notes=notes,
    )
