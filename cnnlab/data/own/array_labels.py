"""Labels of an `.npz` as numbers of classes from 0: what text, gaps and a first class 1 mean."""

from typing import NamedTuple

import numpy as np

from cnnlab.data.own import class_names
from cnnlab.data.own.choices import AGAIN
from cnnlab.errors import InputRefused
from cnnlab.words import count


class Labels(NamedTuple):
    """Labels and what they are called."""

    classes: tuple[str, ...]
    numbers: dict[str, np.ndarray]
    """Part → (N,) int64, from 0 to one less than there are classes."""
    notes: tuple[str, ...]


def to_numbers(labels: dict[str, np.ndarray], names: np.ndarray | None) -> Labels:
    """The labels of all parts as numbers of the same classes.

    Args:
        labels: Part, such as 'y_train' → (N,) or (N, 1), whole numbers or text.
        names: (classes,) text where the file has names for the classes.

    Raises `InputRefused` for other types and shapes, negative labels, and names that do not fit.
    """
    flat = {part: _flat(part, array) for part, array in labels.items()}
    if len({array.dtype.kind for array in flat.values()}) > 1:
        raise InputRefused(f"{' and '.join(flat)} must both be numbers or both text: mend them, {AGAIN}.")
    found, places = np.unique(np.concatenate(list(flat.values())), return_inverse=True)
    if found.dtype.kind == "U":
        classes, places, notes = _from_text(found, places, names)
    else:
        classes, places, notes = _from_numbers(found, places, names)
    ends = np.cumsum([len(array) for array in flat.values()])[:-1]
    numbers = dict(zip(flat, np.split(places.astype(np.int64), ends), strict=True))
    return Labels(class_names.checked(classes), numbers, notes)


def _flat(part: str, array: np.ndarray) -> np.ndarray:
    """(N,) int64 or text. Raises `InputRefused` for anything else."""
    if array.ndim == 2 and array.shape[1] > 1 and len(array):
        raise InputRefused(
            f"{part} must have one label for each image, not {array.shape[1]:,} columns: "
            f"save {part}.argmax(axis=1), {AGAIN}."
        )
    if array.ndim not in (1, 2) or not array.size:
        raise InputRefused(f"{part} must have one label for each image: reshape it, {AGAIN}.")
    flat = array.reshape(-1)
    if flat.dtype.kind in "US":
        return flat.astype("U") if flat.dtype.kind == "U" else _decoded(part, flat)
    if flat.dtype.kind not in "buif" or not np.all(np.isfinite(flat)) or np.any(flat != np.rint(flat)):
        raise InputRefused(f"The labels in {part} must be whole numbers or text: mend them, {AGAIN}.")
    if flat.min() < 0 or flat.max() > 2**31:
        raise InputRefused(
            f"The labels in {part} must be 0 or more, not {flat.min():g} to {flat.max():g}: "
            f"number the classes from 0, {AGAIN}."
        )
    return flat.astype(np.int64)


def _decoded(part: str, flat: np.ndarray) -> np.ndarray:
    try:
        return np.char.decode(flat, "utf-8")
    except UnicodeDecodeError as error:
        raise InputRefused(f"{part} is no text in UTF-8: save it as str, {AGAIN}.") from error


def _from_text(
    found: np.ndarray, places: np.ndarray, names: np.ndarray | None
) -> tuple[list[str], np.ndarray, tuple[str, ...]]:
    own = [class_names.normal(name) for name in found.tolist()]
    order = class_names.in_order(set(own))
    _check_number(len(order))
    notes = ("The labels are text, and became the names of the classes.",)
    if names is not None:
        notes += ("Its 'classes' were not used.",)
    return order, np.array([order.index(name) for name in own])[places], notes


def _from_numbers(
    found: np.ndarray, places: np.ndarray, names: np.ndarray | None
) -> tuple[list[str], np.ndarray, tuple[str, ...]]:
    _check_number(len(found))
    gaps = len(found) <= found[-1] - found[0]
    notes = []
    if names is None:
        classes = list(map(str, found.tolist()))
        if gaps:
            notes.append(
                f"Its {len(found)} labels have gaps, and were numbered anew; the classes keep their names."
            )
    elif len(names) == len(found):
        classes = names.tolist()
        if gaps:
            notes.append(f"Its {len(found)} labels have gaps, and got the names in 'classes' in their order.")
    elif found[-1] < len(names):
        classes = names[found].tolist()
        notes.append(f"{count(len(names) - len(found), 'class', 'classes')} without images left out.")
    else:
        raise InputRefused(
            f"'classes' has {count(len(names), 'name')}, not one for each of {len(found)} labels up to "
            f"{found[-1]}: give a name for each, {AGAIN}."
        )
    if found[0] == 1 and not gaps:
        notes.append("Its labels began with 1, and are numbered from 0 now.")
    return classes, places, tuple(notes)


def _check_number(classes: int) -> None:
    """Raises `InputRefused` for too many classes, before their names are looked at one by one."""
    class_names.check_number([""] * classes)


def names_from(array: np.ndarray) -> np.ndarray:
    """The names in `classes`, (classes,) text. Raises `InputRefused` for anything else."""
    if array.ndim != 1 or array.dtype.kind not in "US" or not len(array):
        raise InputRefused(f"'classes' must hold the names of the classes as text: mend it, {AGAIN}.")
    return array.astype("U") if array.dtype.kind == "U" else _decoded("'classes'", array)
