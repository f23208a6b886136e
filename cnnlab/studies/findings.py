"""Findings of studies about parts, training images and the order of pixels.

The verdict of a study of seeds is in `cnnlab.evidence.seed_noise`.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from cnnlab import words
from cnnlab.evidence import seed_noise
from cnnlab.evidence.finding import SEED_STUDY, Finding, Quantity, in_points
from cnnlab.evidence.intervals import Interval
from cnnlab.evidence.paired import TEST, Paired, is_significant, verdict
from cnnlab.evidence.seed_noise import Gap
from cnnlab.spec import ConvNetSpec
from cnnlab.studies.plan import RIVAL_TITLES, Rival

ONE_SEED = f"Each network was trained with one seed. {SEED_STUDY}"
NO_NEIGHBOURS = "It does not know which pixels are neighbours: a difference comes from the initial weights."


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


def images_finding(
    names: tuple[str, str], sizes: list[int], accuracies: tuple[list[float], list[float]]
) -> Finding:
    """How many images the better network needs to reach what the other one reaches with all of them.

    Args:
        names: The two networks.
        sizes: Numbers of training images, increasing.
        accuracies: What each network reached with them.
    """
    better = int(accuracies[1][-1] > accuracies[0][-1])
    name, other, target = names[better], names[1 - better], accuracies[1 - better][-1]
    estimate = needed(sizes, accuracies[better], target)
    reaches = f"reaches what {other} reaches with all {sizes[-1]:,} ({words.percent(target)})"
    if estimate.low == 0:
        claim = f"{name} {reaches} with {sizes[0]:,} training images already"
        return Finding(names, claim, Quantity(sizes[0], "images", 0), caveats=(ONE_SEED,))
    if estimate.high >= sizes[-1] and round_to_two(estimate.images) >= sizes[-1]:
        claim = f"{name} needs about as many images as {other} to be as good ({words.percent(target)})"
        return Finding(names, claim, caveats=(ONE_SEED,))
    images, tried = round_to_two(estimate.images), f"{estimate.low:,} and {estimate.high:,}"
    return Finding(
        names,
        f"With about {images:,} training images {name} {reaches}",
        Quantity(images, "images", 0),
        grounds=(f"The number is interpolated between {tried} images, which were tried.",),
        caveats=(ONE_SEED,),
    )


def round_to_two(number: float) -> int:
    """To two significant digits: an interpolation knows no more."""
    return int(float(f"{number:.2g}"))


def order_finding(name: str, gap: Gap, convolves: bool) -> Finding:
    """What shuffling the pixels costs a network over several seeds; in `gap` the first has them in place."""
    gains = gap.mean < 0
    points = Quantity(100 * abs(gap.mean), "points")
    costs = f"{'gains' if gains else 'costs'} {name} {words.number(points.value)} points on average"
    claim = f"Over {gap.seeds} seeds, shuffling the pixels {costs}"
    if not gap.is_significant:
        claim = f"Over {gap.seeds} seeds, shuffling the pixels makes no clear difference to {name}"
        points = replace(points, introduced_by=f"on average it {'gains' if gains else 'costs'}")
    return Finding(
        (name,),
        claim,
        points,
        in_points(Interval(gap.low, gap.high), mirrored=gains) if gap.sd else None,
        gap.p_value if gap.sd else None,
        seed_noise.TEST,
        grounds=() if convolves else (NO_NEIGHBOURS,),
        caveats=tuple(filter(None, [seed_noise.few(gap)])),
    )


def order_finding_of_one_seed(name: str, counts: Paired, convolves: bool) -> Finding:
    """What shuffling the pixels costs a network; in `counts` the first one has its pixels in place.

    A network without convolutions does not know which pixels are neighbours: which initial weight belongs to
    which pixel is chance anyway, so that a difference is one between seeds.
    """
    gains = counts.difference < 0
    points = Quantity(100 * abs(counts.difference), "points")
    if not convolves:
        return Finding(
            (name,),
            f"Shuffling the pixels means nothing to {name}, which does not know which pixels are neighbours",
            replace(points, introduced_by="the difference of"),
            grounds=("A difference is like one between two seeds: it comes from the initial weights.",),
        )
    claim = f"Shuffling the pixels {'gains' if gains else 'costs'} {name} {words.number(points.value)} points"
    if not is_significant(counts):
        claim = f"Shuffling the pixels makes no clear difference to {name}"
        points = replace(points, introduced_by="it gains" if gains else "it costs")
    return Finding(
        (name,),
        claim,
        points,
        in_points(counts.interval, mirrored=gains),
        counts.p_value,
        TEST,
        grounds=(f"It was tested on {counts.images:,} images both ways.",),
    )


def part_finding(rival: Rival, model: ConvNetSpec, names: tuple[str, str], counts: Paired) -> Finding:
    """What a part of the CNN is worth that a rival lacks or has differently; `counts` holds the CNN first."""
    return replace(verdict(*names, counts), topic=_part(rival, model), caveats=())


def _part(rival: Rival, model: ConvNetSpec) -> str:
    if rival in ("params", "macs"):
        counted = RIVAL_TITLES[rival].removeprefix("equal in ")
        return f"Convolutions and pooling, at equal {counted}:"
    kinds = [block.pooling for block in model.blocks if block.pooling != "none"]
    pooling = words.listing(list(dict.fromkeys(kinds))) or "no"
    return (
        f"Pooling ({pooling}) or none:" if rival == "none" else f"{pooling.capitalize()} or {rival} pooling:"
    )


def precision_seconds(seconds: Sequence[tuple[float, float]]) -> str:
    """How much longer or shorter the trainings took in bfloat16, in a sentence.

    `seconds`: of each seed, in bfloat16 and in float32.
    """
    ratios = [half / single for half, single in seconds]
    spread = f", {min(ratios):.2f} to {max(ratios):.2f}" if len(ratios) > 1 else ""
    median = f"{statistics.median(ratios):.2f}"
    return (
        f"In bfloat16 a training took {median} times as long as in float32 (median of "
        f"{words.count(len(ratios), 'seed')}{spread}). That depends on the device, and on what else it did."
    )
