"""Changes of settings that make an impossible network possible; each is tried before it is named.

As few settings as possible are changed. Sizes are lowered one by one and numbers of units by halves, so that
the mildest change is found first.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from cnnlab.arithmetic.limits import problems
from cnnlab.arithmetic.shapes import Shape
from cnnlab.spec import TITLES, ConvBlock, ConvNetSpec, DenseSpec

TARGETS = {"padding": "same", "pooling": "none"}  # the choices that shrink the maps least
LEAST = {  # the lowest number that each setting allows
    name: schema["minimum"]
    for settings in (ConvBlock, ConvNetSpec, DenseSpec)
    for name, schema in settings.model_json_schema()["properties"].items()
    if "minimum" in schema
}


class Remedy(NamedTuple):
    """A change that makes a network possible."""

    controls: tuple[str, ...]
    """Names of the settings that are changed."""
    advice: str
    """The change in words: "lower 'Pool size' to 4"."""
    model: ConvNetSpec | DenseSpec
    """The network after the change."""


def remedies(
    model: ConvNetSpec | DenseSpec, input_shape: Shape, classes: int = 10, most_params: int | None = None
) -> list[Remedy]:
    """Changes of as few controls as possible that each make the network possible, the likeliest first.

    `most_params`: a limit in place of `MAX_PARAMS`. Empty for a network without problems, and for one that
    only smaller images would make possible.
    """
    reasons = problems(model, input_shape, classes, most_params)
    if not reasons:
        return []
    _, block, controls = reasons[0]
    for together in range(1, len(controls) + 1):
        mending = [
            remedy
            for chosen in combinations(controls, together)
            if (remedy := _first_that_mends(model, chosen, block, input_shape, classes, most_params))
        ]
        if mending:
            return mending
    return []


def _first_that_mends(
    model: ConvNetSpec | DenseSpec,
    controls: tuple[str, ...],
    block: int,
    input_shape: Shape,
    classes: int,
    most_params: int | None,
) -> Remedy | None:
    """The mildest change of exactly these controls that leaves no problem; None if there is none."""
    for advice, changed in _changes(model, controls, block):
        if not problems(changed, input_shape, classes, most_params):
            return Remedy(controls, " and ".join(advice), changed)
    return None


def _changes(
    model: ConvNetSpec | DenseSpec, controls: tuple[str, ...], block: int
) -> Iterator[tuple[list[str], ConvNetSpec | DenseSpec]]:
    """Every way to change all of these controls, mildest first: the words for it, and the network."""
    if not controls:
        yield [], model
        return
    for words, changed in _changes_of_one(model, controls[0], block):
        for more, final in _changes(changed, controls[1:], block):
            yield [words, *more], final


def _changes_of_one(
    model: ConvNetSpec | DenseSpec, control: str, block: int
) -> Iterator[tuple[str, ConvNetSpec | DenseSpec]]:
    if isinstance(model, ConvNetSpec) and control == "blocks":
        for count in range(len(model.blocks) - 1, 0, -1):
            yield _words(control, count), model.model_copy(update={"blocks": model.blocks[:count]})
    elif isinstance(model, ConvNetSpec) and control in ConvBlock.model_fields:
        yield from _changes_of_blocks(model, control, block)
    else:
        for value in _milder_first(control, [getattr(model, control)]):
            yield _words(control, value), model.model_copy(update={control: value})


def _changes_of_blocks(model: ConvNetSpec, control: str, block: int) -> Iterator[tuple[str, ConvNetSpec]]:
    """Changes in the one block if blocks differ, then in every block.

    If all blocks agree, one control may set them all, so only a change of all is a remedy.
    """
    settings = [getattr(one, control) for one in model.blocks]
    if len(set(settings)) > 1 and block < len(settings):
        for value in _milder_first(control, [settings[block]]):
            yield (
                _words(control, value, of=f" of block {block + 1}"),
                _changed(model, control, value, [block]),
            )
    everywhere = " in every block" if len(settings) > 1 else ""
    for value in _milder_first(control, settings):
        changed = _changed(model, control, value, range(len(settings)))
        yield _words(control, value, where=everywhere), changed


def _changed(model: ConvNetSpec, control: str, value: int | str, indices: Iterable[int]) -> ConvNetSpec:
    """The network with a setting of some blocks changed; numbers are only lowered, never raised."""
    blocks = []
    for index, block in enumerate(model.blocks):
        lower = value if isinstance(value, str) else min(value, getattr(block, control))
        blocks.append(block.model_copy(update={control: lower}) if index in indices else block)
    return model.model_copy(update={"blocks": tuple(blocks)})


def _milder_first(control: str, settings: Sequence[int | str]) -> Iterable[int | str]:
    """Values below the largest of these settings: sizes one by one, numbers of units by halves."""
    if control in TARGETS:
        return [TARGETS[control]] if set(settings) != {TARGETS[control]} else []
    largest = max(int(setting) for setting in settings)
    if control in ("kernel_size", "pool_size", "stride"):
        return range(largest - 1, LEAST[control] - 1, -1)
    halved = [largest >> halvings for halvings in range(1, largest.bit_length())]
    return [*halved, 0] if largest and LEAST[control] == 0 else halved


def _words(control: str, value: int | str, of: str = "", where: str = "") -> str:
    if isinstance(value, str):
        return f"set '{TITLES[control]}'{of} to {value}{where}"
    return f"lower '{TITLES[control]}'{of} to {value:,}{where}"
