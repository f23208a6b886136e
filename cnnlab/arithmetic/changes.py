"""What a change of the settings does to a network's costs, and why, in a sentence."""

from cnnlab import words
from cnnlab.arithmetic.layers import LayerRow, totals, unchecked_rows
from cnnlab.arithmetic.limits import misfit
from cnnlab.arithmetic.shapes import Shape
from cnnlab.spec import ConvNetSpec


def cost_change(before: ConvNetSpec, now: ConvNetSpec, input_shape: Shape, classes: int) -> str:
    """Parameters and multiply-adds before and now, with the reason that is easy to miss.

    That is the flattened map: with a block less it is larger, and the dense layer behind it grows with it.
    Empty where the costs are the same, or one of the networks does not fit its images.
    """
    if misfit(before, input_shape) or misfit(now, input_shape):
        return ""
    old, new = (unchecked_rows(spec, input_shape, classes) for spec in (before, now))
    was, is_now = totals(old), totals(new)
    parts = []
    if was.params != is_now.params:
        parts.append(f"parameters {was.params:,} → {is_now.params:,}{_reason(old, new)}")
    if was.macs != is_now.macs:
        parts.append(f"multiply-adds {words.large(was.macs)} → {words.large(is_now.macs)}")
    return ", ".join(parts)


def _reason(old: list[LayerRow], new: list[LayerRow]) -> str:
    was, is_now = _flattened(old), _flattened(new)
    if was == is_now:
        return ""
    verb = "grows" if is_now > was else "shrinks"
    return f" (the flattened map {verb} from {was:,} to {is_now:,} values)"


def _flattened(rows: list[LayerRow]) -> int:
    """How many values reach the first dense layer."""
    return next(row.output_shape[0] for row in rows if row.type == "Flatten")
