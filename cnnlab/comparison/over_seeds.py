"""The section "Over seeds": groups of runs that are equal but for the seed, held against each other.

Means with their spread, curves as bands, and a verdict by the paired t test over the seeds that two groups
share. What is left out, and why, is named.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from cnnlab import words
from cnnlab.comparison.candidates import Candidate
from cnnlab.comparison.section import Figure, NumberFormat, Section, Table
from cnnlab.evidence.finding import Finding
from cnnlab.evidence.seed_noise import Gap, band, gap, verdict
from cnnlab.runs.comparable import test_set
from cnnlab.runs.groups import Group, grouped, labels, outcomes, shared_seeds
from cnnlab.views.figures.bands import PANELS, Band, bands_figure
from cnnlab.views.palette import COMPARED_COLORS, compared_dash, compared_symbol
from cnnlab.views.tables.groups import by_seed_frame, every_run_frame, spread_frame

LEAST_SEEDS = 2  # for a spread, and for a test
EVERY_RUN = "every_run"  # the key of the table of all runs
HOW_TO_READ = (
    "Lines: mean over seeds. Darker bands: mean ± one standard deviation (s.d.). Lighter bands: from the "
    "lowest to the highest seed."
)
SEVERAL_TESTS = (
    "Each pair is tested by itself at the 5% level: of 20 pairs without a real gap, one is expected to show "
    "one all the same."
)
TOO_FEW = (
    f"a verdict takes {LEAST_SEEDS} at least. Train both with the same seeds, by 'New seed' under 'More' on "
    "the page Lab, or by a study of seeds."
)
ONE_GROUP = "Choose a second group to hold this one against."
FORMATS: Mapping[str, NumberFormat] = {
    "Seeds": "count",
    "Test accuracy": "percent",
    "Test s.d.": "spread",
    "Lowest": "percent",
    "Highest": "percent",
    "Best validation": "percent",
    "Validation s.d.": "spread",
}
HELP = {
    "Seeds": "How many count. Of several runs with one seed the newest counts.",
    "Test accuracy": "Mean over the seeds.",
    "Test s.d.": "Standard deviation over the seeds, in points.",
    "Best validation": "Mean over the seeds, each at its best epoch.",
    "Validation s.d.": "Standard deviation over the seeds, in points.",
}


class Seeded(NamedTuple):
    """One of the groups that are compared."""

    group: Group
    label: str
    """A name of its own among the groups."""
    color: str
    place: int
    """From 0, by which its dash and marker differ from those of the others."""


def seeded(groups: Sequence[Group]) -> list[Seeded]:
    """Names and colours for at most as many groups as there are colours."""
    named = zip(groups, labels(groups), COMPARED_COLORS, strict=False)
    return [Seeded(group, label, color, place) for place, (group, label, color) in enumerate(named)]


def among(compared: Sequence[Candidate]) -> list[Seeded]:
    """The groups among runs that were chosen one by one; none unless two have several seeds each.

    Each has the colour of its first run.
    """
    groups = [each for each in grouped([each.run for each in compared]) if len(each.by_seed) >= LEAST_SEEDS]
    if len(groups) < 2:
        return []
    places = {each.run.run_id: place for place, each in enumerate(compared)}
    firsts = [places[group.runs[0].run_id] for group in groups]
    return [
        Seeded(group, label, compared[place].color, place)
        for group, label, place in zip(groups, labels(groups), firsts, strict=True)
    ]


def of_run(compared: Sequence[Seeded], run_id: str) -> Seeded | None:
    """The group to which a run belongs."""
    return next((each for each in compared if any(run.run_id == run_id for run in each.group.runs)), None)


def over_seeds(compared: Sequence[Seeded], baseline: Seeded, curves: Mapping[str, pd.DataFrame]) -> Section:
    """The whole section.

    Args:
        compared: The groups.
        baseline: The one of them that the others are held against.
        curves: Label → the validation curves of the runs that count, with the columns seed, epoch, metric
            and value.
    """
    others = [each for each in compared if each is not baseline]
    findings, notes = judged(others, baseline)
    tables = [
        Table("Mean and spread over seeds", spread_frame(_named(compared)), "over_seeds", FORMATS, HELP),
        Table(
            f"Test accuracy by seed, in percent; differences to {baseline.label} in points",
            by_seed_frame(_named(compared), baseline.label),
            "by_seed",
        ),
        Table(
            "Every run of these groups", every_run_frame(_named(compared)), EVERY_RUN, {"Accuracy": "percent"}
        ),
    ]
    said = (*notes, *_not_counted(compared), HOW_TO_READ)
    return Section("Over seeds", tuple(findings), said, (_bands(compared, curves),), tuple(tables))


def judged(others: Sequence[Seeded], baseline: Seeded) -> tuple[list[Finding], list[str]]:
    """The verdict on each group against the baseline, and sentences on what could not be tested."""
    findings, notes = [], []
    for each in others:
        seeds = shared_seeds(each.group, baseline.group)
        if test_set(each.group.runs[0]) != test_set(baseline.group.runs[0]):
            notes.append(
                f"{each.label} was tested on other images than {baseline.label}: there is no verdict."
            )
        elif len(seeds) < LEAST_SEEDS:
            common = f"{each.label} and {baseline.label} have {words.count(len(seeds), 'seed')} in common"
            notes.append(f"{common}; {TOO_FEW}")
        else:
            findings.append(verdict(each.label, baseline.label, _gap(each, baseline, seeds)))
            notes += _unpaired(each, baseline, seeds)
    if len(findings) > 1:
        notes.append(SEVERAL_TESTS)
    return findings, notes if others else [*notes, ONE_GROUP]


def _gap(first: Seeded, second: Seeded, seeds: list[int]) -> Gap:
    accuracies = [
        np.array([each.group.by_seed[seed].metrics["test_accuracy"] for seed in seeds])
        for each in (first, second)
    ]
    return gap(*accuracies)


def _unpaired(first: Seeded, second: Seeded, paired: list[int]) -> list[str]:
    """Which seeds the test leaves out, since only one of the two groups has them."""
    alone = [
        f"{_seeds(left)} of {each.label}"
        for each in (first, second)
        if (left := sorted(each.group.by_seed.keys() - set(paired)))
    ]
    if not alone:
        return []
    pair, used = f"{first.label} against {second.label}", words.count(len(paired), "pair")
    left_out = f"Left out for want of a partner: {words.listing(alone)}"
    return [f"{pair}: the test is over {used} of equal seeds. {left_out}."]


def _seeds(seeds: Sequence[int]) -> str:
    return f"seed{'s' if len(seeds) > 1 else ''} {words.listing([str(seed) for seed in seeds])}"


def _not_counted(compared: Sequence[Seeded]) -> list[str]:
    left_out = [
        f"{each.label}: {told}, {words.count(len(each.group.by_seed), 'seed')} counted"
        for each in compared
        if (told := outcomes(each.group))
    ]
    return [f"Runs that do not count: {'; '.join(left_out)}."] if left_out else []


def _named(compared: Sequence[Seeded]) -> dict[str, Group]:
    return {each.label: each.group for each in compared}


def _bands(compared: Sequence[Seeded], curves: Mapping[str, pd.DataFrame]) -> Figure:
    bands = [
        Band(
            each.label,
            each.color,
            compared_dash(each.place),
            compared_symbol(each.place),
            metric,
            band(curves[each.label][curves[each.label]["metric"] == metric]),
        )
        for each in compared
        for metric in PANELS
    ]
    seeds = words.listing([f"{each.label} ({len(each.group.by_seed)})" for each in compared])
    return Figure(
        "Validation over seeds",
        bands_figure(bands),
        "Validation loss and accuracy by epoch: mean over seeds, with bands for mean ± standard deviation "
        f"and from the lowest to the highest seed, of {seeds} seeds",
        key="over_seeds_bands",
        version=" ".join(run.run_id for each in compared for run in each.group.by_seed.values()),
        zoomable=True,
    )
