"""Groups of runs that are equal but for the seed: which runs belong together, and which of them count.

Runs are equal where all their settings but the seed are, and the images that they were trained on. A run that
was continued for more epochs equals one that was trained for as many at once, since it goes on with its
optimizer and its order of images; not so under a schedule, patience or a stop rule, which ended its first
training otherwise. A run whose learning rate a person changed while it trained equals only those that ended
with the same rate.

Nothing here asks the store.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from cnnlab import words
from cnnlab.data.registry import DATASETS
from cnnlab.runs.comparable import NOT_SET, Setting, settings
from cnnlab.runs.metrics import rate_in_force
from cnnlab.runs.run import Run, fingerprint
from cnnlab.spec import ConvBlock, ConvNetSpec, DenseSpec, RunSpec, network_title

MOST_RUNS = 20  # of a group that is compared
IN_TITLE = ("Filters", "Convolution blocks", "Baseline units", "Second baseline layer", "Data set")
MOST_SETTINGS = 4  # that a description names


class Key(NamedTuple):
    """What is equal in all runs of a group, besides their images."""

    settings: str
    """A fingerprint of all settings but the seed."""
    rate: float | None
    """The learning rate at the end, where it is not that of the settings; None otherwise."""
    continued: bool
    """Whether the training was continued, where that matters."""


class Spread(NamedTuple):
    """A result over the seeds of a group."""

    seeds: int
    mean: float
    """NaN without any seed."""
    sd: float
    """Standard deviation, with one degree of freedom lost to the mean; NaN for fewer than two seeds."""
    low: float
    high: float


class Group(NamedTuple):
    """Runs that are equal but for the seed; at least one."""

    runs: tuple[Run, ...]

    @property
    def spec(self) -> RunSpec:
        """The settings of all of them, with the seed of the first one."""
        return self.runs[0].spec

    @property
    def name(self) -> str:
        """What all runs are called, seeds left out; the network's title where they have different names."""
        names = {run.name.removesuffix(f", seed {run.spec.training.seed}") for run in self.runs}
        return names.pop() if len(names) == 1 and all(names) else network_title(self.spec.model)

    @property
    def by_seed(self) -> dict[int, Run]:
        """Seed → the run that counts for it, by increasing seed: of several that finished the newest."""
        tested = sorted((run for run in self.runs if not why_not_counted(run)), key=lambda run: run.started)
        found = {run.spec.training.seed: run for run in tested}
        return dict(sorted(found.items()))

    @property
    def not_counted(self) -> dict[str, str]:
        """Run id → why it does not count, in a word or two."""
        counted = {run.run_id for run in self.by_seed.values()}
        return {
            run.run_id: why_not_counted(run) or "repeats a seed"
            for run in self.runs
            if run.run_id not in counted
        }

    def values(self, metric: str) -> np.ndarray:
        """A metric of the runs that count, seed by seed, (K,) float64; NaN where a run lacks it."""
        return np.array([run.metrics.get(metric, np.nan) for run in self.by_seed.values()], np.float64)

    def spread(self, metric: str) -> Spread:
        """A metric over the seeds; runs that lack it, or have no number, are left out."""
        values = self.values(metric)
        values = values[np.isfinite(values)]
        if not len(values):
            return Spread(0, np.nan, np.nan, np.nan, np.nan)
        sd = float(values.std(ddof=1)) if len(values) > 1 else np.nan
        return Spread(len(values), float(values.mean()), sd, float(values.min()), float(values.max()))


def why_not_counted(run: Run) -> str:
    """Why a run's results say nothing about its settings, in a word; empty where they do."""
    if run.active:
        return run.status
    tested = np.isfinite(run.metrics.get("test_accuracy", np.nan))
    if run.status == "finished" and tested:
        return ""
    if run.status == "finished" or (run.status == "failed" and not np.isfinite(run.metrics.get("loss", 0.0))):
        return "diverged"
    return run.status


def key(run: Run) -> Key:
    """What a run has in common with all that are equal to it but for the seed."""
    training = run.spec.training
    seedless = run.spec.model_copy(update={"training": training.model_copy(update={"seed": 0})})
    ruled = training.schedule != "constant" or training.patience or training.stop_when != "never"
    return Key(fingerprint(seedless), _changed_rate(run), bool(run.continued and ruled))


def _changed_rate(run: Run) -> float | None:
    rate, wanted = run.metrics.get(rate_in_force(run.metrics)), run.spec.training.learning_rate
    if rate is None or not np.isfinite(rate) or np.isclose(rate, wanted, rtol=1e-5, atol=0):
        return None
    return float(np.float32(rate))


def grouped(runs: Iterable[Run]) -> list[Group]:
    """The groups of some runs, in the order of their first runs; a run without its like is one by itself.

    Runs of earlier versions do not know their images. They belong to those with the same settings, unless
    these have different images.
    """
    place: dict[str, int] = {}
    alike: dict[Key, list[Run]] = {}
    for run in runs:
        place[run.run_id] = len(place)
        alike.setdefault(key(run), []).append(run)
    parts = [part for equal in alike.values() for part in _by_images(equal)]
    return [Group(tuple(part)) for part in sorted(parts, key=lambda part: place[part[0].run_id])]


def _by_images(equal: list[Run]) -> list[list[Run]]:
    if len({run.images for run in equal} - {""}) < 2:
        return [equal]
    parts: dict[str, list[Run]] = {}
    for run in equal:
        parts.setdefault(run.images, []).append(run)
    return list(parts.values())


def newest(group: Group, most: int = MOST_RUNS) -> Group:
    """The group with at most so many of its runs, those that count before others, the newest first."""
    counted = {run.run_id for run in group.by_seed.values()}
    by_start = sorted(group.runs, key=lambda run: run.started, reverse=True)
    return Group(tuple(sorted(by_start, key=lambda run: run.run_id not in counted)[:most]))


def shared_seeds(first: Group, second: Group) -> list[int]:
    """The seeds with which both groups have a run that counts."""
    return sorted(first.by_seed.keys() & second.by_seed.keys())


def description(spec: RunSpec) -> str:
    """The settings that are not at their defaults: 'Training images 2,000, epochs 3'; empty without any.

    What the network's title tells, the data set and the seed are left out.
    """
    model = spec.model
    plain = (
        ConvNetSpec(blocks=(ConvBlock(),) * len(model.blocks))
        if isinstance(model, ConvNetSpec)
        else DenseSpec()
    )
    changed = [
        f"{each.name} {each.words[1]}"
        for each in settings([RunSpec(model=plain), spec])
        if each.differs and not each.title.startswith(IN_TITLE) and each.title != "Seed"
        if isinstance(model, ConvNetSpec) or not each.title.startswith(("Dense units", "Second dense"))
    ]
    more = [f"{len(changed) - MOST_SETTINGS} more"] if len(changed) > MOST_SETTINGS else []
    text = ", ".join(changed[:MOST_SETTINGS] + more)
    return text[:1].upper() + text[1:]


def labels(groups: Sequence[Group]) -> list[str]:
    """A name of its own for each group: what its runs are called, with the settings that tell them apart."""
    names = [group.name for group in groups]
    found = [
        f"{name}, {difference}" if (difference := _difference(group, names, groups)) else name
        for name, group in zip(names, groups, strict=True)
    ]
    return [
        f"{label} ({found[: place + 1].count(label)})" if found.count(label) > 1 else label
        for place, label in enumerate(found)
    ]


def _difference(group: Group, names: list[str], groups: Sequence[Group]) -> str:
    """The settings in which a group differs from others of its name."""
    namesakes = [other for name, other in zip(names, groups, strict=True) if name == group.name]
    place = next(number for number, other in enumerate(namesakes) if other is group)
    differing = [
        each
        for each in settings([other.spec for other in namesakes])
        if each.differs and each.title != "Seed" and each.words[place] != NOT_SET
    ]
    return ", ".join(_in_words(each, each.words[place]) for each in differing[:MOST_SETTINGS])


def _in_words(setting: Setting, value: str) -> str:
    if setting.title == "Data set" and value in DATASETS:
        return f"on {DATASETS[value].title}"
    return f"{setting.name} {value}"


def outcomes(group: Group) -> str:
    """How many runs do not count, by reason: '1 diverged, 2 stopped'; empty where all do."""
    reasons = list(group.not_counted.values())
    return ", ".join(_counted(reason, reasons.count(reason)) for reason in dict.fromkeys(reasons))


def _counted(reason: str, number: int) -> str:
    if reason == "repeats a seed":
        return f"{words.count(number, 'repeat')} of a seed"
    return f"{number} {reason}"
