"""Names of classes: one form of each, no two alike, in the order in which people count and read."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from cnnlab.data.own.choices import FILES, MOST_NAME, NAMES
from cnnlab.data.own.own_images import LEAST_CLASSES, MOST_CLASSES
from cnnlab.errors import InputRefused


def normal(name: str) -> str:
    """The name in Unicode's form NFC, so that it is the same from macOS, which has NFD, and from Linux."""
    return unicodedata.normalize("NFC", name).strip()


def in_order(names: Iterable[str]) -> list[str]:
    """Sorted, numbers by their value: '2' before '10'."""
    return sorted(names, key=lambda name: ([_part(part) for part in re.split(r"(\d+)", name)], name))


def _part(part: str) -> tuple[int, int, str]:
    return (0, int(part), "") if part.isdecimal() else (1, 0, part.casefold())


def checked(names: Sequence[str]) -> tuple[str, ...]:
    """The names of all classes in one form.

    Raises `InputRefused` for too few or too many, for a name that is empty, too long or not printable, and
    for names that differ in case only.
    """
    check_number(names)
    clean = tuple(normal(name) for name in names)
    for name in clean:
        if not name or len(name) > MOST_NAME or not name.isprintable():
            raise InputRefused(
                f"The name of a class must have 1 to {MOST_NAME} characters that can be printed, not "
                f"{name!r}: change it in '{NAMES}', or rename its folder."
            )
    earlier: dict[str, str] = {}
    for name in clean:
        if (other := earlier.setdefault(name.casefold(), name)) is not name:
            rule = "Two classes are both called" if other == name else "Two classes differ in case only:"
            shown = f"'{name}'" if other == name else f"'{other}' and '{name}'"
            raise InputRefused(f"{rule} {shown}: change one in '{NAMES}', or rename its folder.")
    return clean


def check_number(names: Sequence[str]) -> None:
    """Raises `InputRefused` for too few classes or too many."""
    if LEAST_CLASSES <= len(names) <= MOST_CLASSES:
        return
    rule = f"A data set must have {LEAST_CLASSES} to {MOST_CLASSES} classes, not {len(names):,}"
    only = f" ('{names[0]}')" if len(names) == 1 and names[0] else ""
    advice = "more" if len(names) < LEAST_CLASSES else "fewer"
    raise InputRefused(f"{rule}{only}: bring images of {advice} classes under '{FILES}'.")
