"""Reads what was found as it was chosen: one decoded picture at a time, straight into the final arrays."""

from collections.abc import Callable
from math import prod
from typing import NamedTuple

import numpy as np

from cnnlab.data.own import class_names
from cnnlab.data.own.choices import HEIGHT, OTHERS, WIDTH, Choices
from cnnlab.data.own.contents import Contents, Unusable, described
from cnnlab.data.own.division import check_division, drawn_for_test
from cnnlab.data.own.fitting import fitted
from cnnlab.data.own.own_images import MOST_BYTES, OwnImages
from cnnlab.data.picture_files import Unreadable
from cnnlab.errors import InputRefused

ReportProgress = Callable[[float], None]


class Reading(NamedTuple):
    """A data set, and what is not in it."""

    images: OwnImages
    left_out: tuple[Unusable, ...]


def read(contents: Contents, choices: Choices, report_progress: ReportProgress | None = None) -> Reading:
    """The data set that these choices make; `report_progress` is called with the share that is read.

    Raises `InputRefused` for choices out of bounds, too many pixels, files that cannot be used where these
    are to be refused, and classes with too few images.
    """
    classes = _checked(contents, choices)
    for_test = division(contents, choices)
    check_division(contents.labels, for_test, classes)
    training = np.flatnonzero(~for_test)
    order = np.concatenate([training, np.flatnonzero(for_test)])
    x = np.empty((len(order), choices.height, choices.width, choices.channels), np.uint8)
    damaged: dict[int, Unusable] = {}
    for place, number in enumerate(order.tolist()):
        try:
            x[place] = image(contents, number, choices)
        except Unreadable as error:
            damaged[place] = Unusable(contents.names(number), str(error))
            _refuse((damaged[place],), choices)
        if report_progress:
            report_progress((place + 1) / len(order))
    border = len(training) - sum(place < len(training) for place in damaged)
    if damaged:
        kept = np.delete(np.arange(len(order)), list(damaged))
        x, order = x[kept], order[kept]
        check_division(contents.labels[order], np.arange(len(order)) >= border, classes)
    labels = contents.labels[order]
    for array in (x, labels):
        array.flags.writeable = False
    images = OwnImages(classes, x[:border], labels[:border], x[border:], labels[border:])
    return Reading(images, (*contents.unusable, *damaged.values()))


def image(contents: Contents, number: int, choices: Choices) -> np.ndarray:
    """One of the pictures as it will be, (H, W, C) uint8. Raises `Unreadable` where it is damaged."""
    picture = contents.picture(number, (choices.width, choices.height))
    return fitted(picture, choices.height, choices.width, choices.channels, choices.fit)


def stored_bytes(contents: Contents, choices: Choices) -> int:
    """How many bytes the pixels will take; the stored file may take fewer."""
    return len(contents.labels) * prod((choices.height, choices.width, choices.channels))


def division(contents: Contents, choices: Choices) -> np.ndarray:
    """(N,) bool: which pictures are for test, as the files say or else as drawn."""
    if contents.divided:
        return contents.for_test
    return drawn_for_test(contents.labels, choices.test_share, choices.seed)


def _checked(contents: Contents, choices: Choices) -> tuple[str, ...]:
    """The names of the classes. Raises `InputRefused` for what can be told before anything is read."""
    choices.check()
    names = choices.names or contents.classes
    if len(names) != len(contents.classes):
        raise InputRefused(f"There must be {len(contents.classes)} names of classes, not {len(names)}.")
    classes = class_names.checked(names)
    _refuse(contents.unusable, choices)
    needed = stored_bytes(contents, choices)
    if needed > MOST_BYTES:
        raise InputRefused(
            f"The pixels may take {MOST_BYTES / 1e6:,.0f} MB, these {len(contents.labels):,} images need "
            f"{needed / 1e6:,.0f} MB: lower '{HEIGHT}' and '{WIDTH}', or bring fewer images."
        )
    return classes


def _refuse(unusable: tuple[Unusable, ...], choices: Choices) -> None:
    if unusable and choices.others == "refuse":
        raise InputRefused(
            f"There are files that cannot be used: {described(unusable)}. Remove them, or set '{OTHERS}' to "
            "skip."
        )
