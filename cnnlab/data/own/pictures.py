"""Finds the pictures of all classes among files, from their headers; they are decoded one by one later."""

from collections.abc import Iterable

import numpy as np
from PIL import Image

from cnnlab.data import picture_files
from cnnlab.data.own import class_names
from cnnlab.data.own.choices import FILES
from cnnlab.data.own.contents import Contents, Unusable, described
from cnnlab.data.own.files import OwnFile
from cnnlab.data.own.layout import Placed, layout
from cnnlab.data.picture_files import Size, Unreadable
from cnnlab.errors import InputRefused
from cnnlab.words import count

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")  # Pillow's names
ENDINGS = ("png", "jpg", "jpeg", "webp", "gif", "bmp")
GREY_MODES = ("1", "L", "LA", "I;16", "I;16B")


def find_pictures(files: Iterable[OwnFile]) -> Contents:
    """The pictures in the folders of the classes, in the order of the classes and their paths.

    What is no picture, or a damaged one as far as its header tells, is `unusable`; the pixels may turn out to
    be damaged when they are read. Raises `InputRefused` where there are no classes, or these have names that
    cannot be used, or a class has no picture.
    """
    found = layout(files)
    unusable = [Unusable(file.path, "it lies in no folder of a class") for file in found.elsewhere]
    unusable += [Unusable(file.path, "another file has the same name") for file in found.repeated]
    folders = class_names.in_order({placed.folder for placed in found.placed})
    usable, looks = _looked_at(found.placed, unusable)
    if not usable:
        raise InputRefused(_nothing(unusable))
    classes = class_names.checked(folders)
    labels = np.array([folders.index(placed.folder) for placed in usable], np.int64)
    order = np.argsort(labels, kind="stable")
    pictures = [usable[place].file for place in order]
    return Contents(
        classes=classes,
        labels=_all_with_pictures(labels[order], folders, unusable),
        for_test=np.array([placed.for_test for placed in usable])[order],
        sizes=np.array([size for size, _ in looks], np.int64)[order],
        in_colour=np.array([in_colour for _, in_colour in looks])[order],
        picture=lambda number, frame: decode(pictures[number], frame),
        names=lambda number: pictures[number].path,
        unusable=tuple(unusable),
        notes=_notes(found.ignored, found.placed),
    )


def decode(file: OwnFile, frame: Size) -> Image.Image:
    """The picture in a file, upright, in RGB or RGBA. Raises `Unreadable`."""
    return picture_files.decoded(picture_files.opened(file.read(), FORMATS), frame).picture


def _looked_at(
    placed: list[Placed], unusable: list[Unusable]
) -> tuple[list[Placed], list[tuple[Size, bool]]]:
    """Those that seem to be pictures, with the size of each and whether it may have colours."""
    usable, looks = [], []
    for each in sorted(placed, key=lambda placed: placed.file.path):
        try:
            if each.file.problem:
                raise Unreadable("other format", each.file.problem)
            looks.append(_look(each.file))
            usable.append(each)
        except Unreadable as error:
            unusable.append(Unusable(each.file.path, str(error)))
    return usable, looks


def _look(file: OwnFile) -> tuple[Size, bool]:
    opened = picture_files.opened(file.read(), FORMATS)
    return picture_files.upright_size(opened), opened.mode not in GREY_MODES


def _all_with_pictures(labels: np.ndarray, folders: list[str], unusable: list[Unusable]) -> np.ndarray:
    """The labels. Raises `InputRefused` where a class has none."""
    without = sorted(set(range(len(folders))) - set(labels.tolist()))
    if without:
        raise InputRefused(
            f"The class '{folders[without[0]]}' has no picture that can be used: add some to its folder, or "
            f"remove it. Not used: {described(tuple(unusable))}."
        )
    return labels


def _nothing(unusable: list[Unusable]) -> str:
    advice = f"choose a folder or zip with one folder of pictures for each class under '{FILES}'"
    reasons = f" Not used: {described(tuple(unusable))}." if unusable else ""
    return f"There is no picture in the folder of a class: {advice}.{reasons}"


def _notes(ignored: int, placed: list[Placed]) -> tuple[str, ...]:
    notes = []
    if ignored:
        notes.append(f"Left out: {count(ignored, 'hidden file')} of the operating system.")
    if any(each.for_test for each in placed):
        notes.append("Its folders say which images are for test.")
    return tuple(notes)
