"""What studies with one training an arm find, in sentences: of parts, of training images, of pixels' order.

Numbers in, numbers and sentences out; what several seeds say is in `cnnlab.evidence.seed_noise`.
"""

import math
from typing import NamedTuple

from cnnlab.evidence.paired import SCOPE, Paired, tells_apart, verdict
from cnnlab.spec import ConvNetSpec
from cnnlab.studies.plan import RIVAL_TITLES, Rival

ONE_SEED = "Each network was trained with one seed: how much that matters, a study of seeds tells."


class Needed(NamedTuple):
    """How many training images it takes to reach an accuracy, between two numbers that were tried.

    Reached from the smallest number on: `low` is 0 and `images` that number. Not reached with the
    largest one: `images` is infinite, and `low` the largest.
    """

    images: float
    low: float
    high: float


def needed(sizes: list[int], accuracies: list[float], target: float) -> Needed:
    """From how many images on the accuracy stays at or above the target.

    Args:
        sizes: Numbers of training images, increasing; at least one.
        accuracies: Those reached with them.
        target: The accuracy to reach.

    Between the two numbers that bracket the target, accuracy is taken to grow evenly with the logarithm of
    the number.
    """
    first = len(sizes)
    while first and accuracies[first - 1] >= target:
        first -= 1
    if first == len(sizes):
        return Needed(math.inf, sizes[-1], math.inf)
    if first == 0:
        return Needed(sizes[0], 0, sizes[0])
    low, high = sizes[first - 1], sizes[first]
    below, above = accuracies[first - 1], accuracies[first]
    share = (target - below) / (above - below)
    return Needed(low * (high / low) ** share, low, high)


def images_sentence(
    names: tuple[str, str], sizes: list[int], accuracies: tuple[list[float], list[float]]
) -> str:
    """How many images one network needs to reach what the other one reaches with all.

    Args:
        names: The two networks; it is asked of the one that is better with all images.
        sizes: Numbers of training images, increasing.
        accuracies: What each network reached with them.
    """
    better = int(accuracies[1][-1] > accuracies[0][-1])
    name, other, target = names[better], names[1 - better], accuracies[1 - better][-1]
    found = needed(sizes, accuracies[better], target)
    reaches = f"reaches what {other} reaches with all {sizes[-1]:,} ({target:.1%})"
    if found.low == 0:
        return f"**{name} {reaches} with {sizes[0]:,} training images already.** {ONE_SEED}"
    if found.high >= sizes[-1] and round_to_two(found.images) >= sizes[-1]:
        return f"**{name} needs about as many images as {other} to be as good ({target:.1%}).** {ONE_SEED}"
    return (
        f"**With about {round_to_two(found.images):,} training images {name} {reaches}**: estimated between "
        f"{found.low:,} and {found.high:,} images, which were tried. {ONE_SEED}"
    )


def round_to_two(number: float) -> int:
    """To two significant digits: an interpolation knows no more."""
    return int(float(f"{number:.2g}"))


def order_sentence(name: str, found: Paired) -> str:
    """What the order of the pixels is worth to a network: in place (first) against shuffled (second)."""
    low, high = found.interval
    points = f"{_points(found.difference)} points (95% interval {_points(low)} to {_points(high)})"
    if tells_apart(found) and found.difference < 0:
        points = f"{_points(-found.difference)} points (95% interval {_points(-high)} to {_points(-low)})"
        return f"**{name} is better by {points} with shuffled pixels.**"
    if tells_apart(found):
        return f"**To {name} the order of the pixels is worth {points}.**"
    return (
        f"**To {name} the order of the pixels makes no difference that {found.images:,} test images tell**: "
        f"{points}."
    )


def _points(share: float) -> str:
    return f"{share * 100 + 0.0:.1f}".replace("-", "−")


def part_sentence(rival: Rival, model: ConvNetSpec, names: tuple[str, str], found: Paired) -> str:
    """What the part is worth that a rival lacks, or has otherwise; `found` is the CNN against it."""
    return f"{_part(rival, model)} {verdict(*names, found).removesuffix(SCOPE).strip()}"


def _part(rival: Rival, model: ConvNetSpec) -> str:
    if rival in ("params", "macs"):
        counted = RIVAL_TITLES[rival].removeprefix("equal in ")
        return f"Convolutions and pooling, at equal {counted}:"
    kinds = [block.pooling for block in model.blocks if block.pooling != "none"]
    own = " and ".join(dict.fromkeys(kinds)) or "no"
    return f"Pooling ({own}) or none:" if rival == "none" else f"{own.capitalize()} or {rival} pooling:"
