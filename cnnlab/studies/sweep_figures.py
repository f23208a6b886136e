"""The figures of a sweep, by `optuna.visualization`, in the style of all figures.

Each is drawn from a study in memory that holds what the figure shows: the finished trials, with settings that
differ between them. What is left out is counted. Drawing 1,000 trials takes up to two seconds, so pages draw
only the figure in view and keep it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import plotly.graph_objects as go

from cnnlab import words
from cnnlab.spec import network_title
from cnnlab.studies.sweep_plan import Sweep
from cnnlab.studies.sweep_progress import SweepProgress, Trial
from cnnlab.studies.sweep_ranges import Numbers, Value, title
from cnnlab.views.figures import sweep, sweep_parallel
from cnnlab.views.figures.sweep import Baseline, Trials

if TYPE_CHECKING:
    import optuna

FigureName = Literal["history", "parallel", "importance", "slice", "contour", "pareto"]

TITLES: dict[FigureName, str] = {
    "history": "History",
    "parallel": "All settings",
    "importance": "Importance",
    "slice": "By one setting",
    "contour": "By two settings",
    "pareto": "Accuracy and cost",
}
COSTS = {"accuracy_params": "Parameters", "accuracy_macs": "Multiply-adds for an image"}
MOST_LINES = 200  # of the figure of all settings: the best trials
MOST_CELLS = 24  # along each axis of a contour; where there are more values, neighbours are averaged


class Setting(NamedTuple):
    """One setting that differs between trials."""

    title: str
    values: list[Value]
    """Trial by trial."""
    choices: tuple[Value, ...]
    """In their order; empty where it is a number from a range."""
    ends: tuple[float, float]
    """Of the range, and of what stored runs have beyond it; without meaning where there are choices."""
    log: bool


@dataclass(frozen=True)
class Scored:
    """What figures show: the finished trials, and what is left out of them."""

    numbers: list[int]
    accuracies: list[float]
    """On the validation images, from 0 to 1."""
    costs: list[float]
    """Empty where accuracy is the only objective."""
    cost_title: str
    settings: list[Setting]
    constant: list[str]
    """Titles of the settings that were the same in every finished trial."""
    pruned: int = 0
    failed: int = 0
    baseline: Baseline | None = None

    @property
    def hover(self) -> list[str]:
        """What each trial is, in lines of HTML."""
        lines = []
        for place, number in enumerate(self.numbers):
            parts = [f"<b>trial {number}</b>: {words.percent(self.accuracies[place], 2)}"]
            if self.costs:
                parts.append(f"{self.cost_title}: {words.large(self.costs[place])}")
            parts += [f"{each.title}: {value_text(each.values[place])}" for each in self.settings]
            lines.append("<br>".join(parts))
        return lines

    def at(self, places: list[int]) -> "Scored":
        """Only the trials at these places, in this order."""

        def of(values: list) -> list:
            return [values[place] for place in places] if values else []

        return replace(
            self,
            numbers=of(self.numbers),
            accuracies=of(self.accuracies),
            costs=of(self.costs),
            settings=[each._replace(values=of(each.values)) for each in self.settings],
        )


def scored(progress: SweepProgress) -> Scored:
    """The finished trials of a sweep with what differs between them."""
    finished = progress.finished
    values = [trial.values for trial in finished if trial.values]
    settings, constant = _settings(progress.sweep, finished)
    network, accuracy = progress.sweep.comparison.baseline, progress.baseline
    return Scored(
        numbers=[trial.number for trial in finished],
        accuracies=[objectives[0] for objectives in values],
        costs=[objectives[1] for objectives in values if len(objectives) > 1],
        cost_title=COSTS.get(progress.sweep.objective, ""),
        settings=settings,
        constant=constant,
        pruned=sum(trial.state == "pruned" for trial in progress.trials),
        failed=sum(trial.state == "failed" for trial in progress.trials),
        baseline=Baseline(network_title(network), accuracy) if network and accuracy is not None else None,
    )


def _settings(plan: Sweep, finished: list[Trial]) -> tuple[list[Setting], list[str]]:
    """The settings that differ between trials, sorted by title as Optuna does, and titles of the others."""
    differing, constant = [], []
    for asked in plan.ranges:
        values = [trial.settings[asked.path] for trial in finished]
        if len(set(values)) < 2:
            constant.append(title(asked.path))
            continue
        if isinstance(asked, Numbers):
            numbers = [float(value) for value in values]
            ends = min(asked.low, *numbers), max(asked.high, *numbers)
            differing.append(Setting(title(asked.path), values, (), ends, asked.log))
        else:
            choices = tuple(dict.fromkeys((*asked.values, *values)))
            differing.append(Setting(title(asked.path), values, choices, (0.0, 0.0), False))
    return sorted(differing), constant


def left_out(shown: Scored) -> str:
    """What figures leave out, in a sentence; empty for nothing."""
    parts = []
    if shown.constant:
        parts.append(
            f"{words.count(len(shown.constant), 'setting')} that did not vary between the finished trials "
            f"({words.listing(shown.constant)})"
        )
    if shown.pruned:
        parts.append(words.count(shown.pruned, "pruned trial"))
    if shown.failed:
        parts.append(words.count(shown.failed, "failed trial"))
    return f"Left out of the figures: {words.listing(parts)}." if parts else ""


def value_text(value: Value) -> str:
    """A setting's value as tables and figures write it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def drawn(shown: Scored, name: FigureName, settings: tuple[str, ...] = ()) -> go.Figure:
    """One figure.

    Args:
        shown: What it shows.
        name: Which figure.
        settings: Titles of one setting for 'slice', of two for 'contour'; the other figures need none.
    """
    if not shown.numbers:
        return sweep.empty_figure(sweep.NO_TRIALS)
    return _DRAWN[name](shown, settings)


def note(shown: Scored, name: FigureName) -> str:
    """What a reader of the figure must know, in sentences."""
    text = _NOTES[name]
    if name == "parallel" and len(shown.numbers) > MOST_LINES:
        text += f" Only the best {MOST_LINES} of {len(shown.numbers):,} trials are drawn."
    if name == "contour" and len(shown.numbers) > MOST_CELLS:
        text += " Trials with nearly the same values are averaged."
    return text


_NOTES: dict[FigureName, str] = {
    "history": "The line is the best validation accuracy up to each trial.",
    "parallel": "A line is a trial; the darker, the more accurate.",
    "importance": "How well each setting separates the most accurate trials from the others (PED-ANOVA); the "
    "shares add up to 100%. With few trials it is a rough guess.",
    "slice": "A point is a trial; the darker, the later. The other settings differ between points.",
    "contour": "Validation accuracy between the trials is interpolated.",
    "pareto": "No trial is both cheaper and more accurate than one on the front.",
}


def _history(shown: Scored, _: tuple[str, ...]) -> go.Figure:
    from optuna.visualization import plot_optimization_history

    return sweep.history_figure(plot_optimization_history(_study(shown)), _trials(shown), shown.baseline)


def _parallel(shown: Scored, _: tuple[str, ...]) -> go.Figure:
    from optuna.visualization import plot_parallel_coordinate

    best_first = sorted(range(len(shown.numbers)), key=lambda place: -shown.accuracies[place])
    best = shown.at(best_first[:MOST_LINES])
    titles = [sweep.ACCURACY, *([shown.cost_title] if shown.costs else [])]
    titles += [each.title for each in shown.settings]
    drawn = plot_parallel_coordinate(_study(best, bool(shown.costs)))
    return sweep_parallel.parallel_figure(drawn, titles, shown.baseline)


def _importance(shown: Scored, _: tuple[str, ...]) -> go.Figure:
    from optuna.visualization import plot_param_importances

    if len(set(shown.accuracies)) < 2 or not shown.settings:
        return sweep.importance_figure(go.Figure())
    return sweep.importance_figure(plot_param_importances(_study(shown)))


def _slice(shown: Scored, settings: tuple[str, ...]) -> go.Figure:
    from optuna.visualization import plot_slice

    [title] = settings
    return sweep.slice_figure(plot_slice(_study(shown), params=[title]), _trials(shown), shown.baseline)


def _contour(shown: Scored, settings: tuple[str, ...]) -> go.Figure:
    from optuna.visualization import plot_contour

    cells, hover = _in_cells(shown, settings)
    return sweep.contour_figure(plot_contour(_study(cells), params=list(settings)), hover)


def _pareto(shown: Scored, _: tuple[str, ...]) -> go.Figure:
    from optuna.visualization import plot_pareto_front

    front = plot_pareto_front(
        _study(shown, two_objectives=True),
        targets=lambda trial: (trial.values or [])[::-1],
        target_names=[shown.cost_title, sweep.ACCURACY],
    )
    return sweep.pareto_figure(front, _trials(shown), shown.cost_title, shown.baseline)


_DRAWN: dict[FigureName, Callable[[Scored, tuple[str, ...]], go.Figure]] = {
    "history": _history,
    "parallel": _parallel,
    "importance": _importance,
    "slice": _slice,
    "contour": _contour,
    "pareto": _pareto,
}


def _trials(shown: Scored) -> Trials:
    return Trials(shown.numbers, shown.hover)


def _study(shown: Scored, two_objectives: bool = False) -> "optuna.Study":
    """A study in memory whose parameters have the titles of settings."""
    import optuna
    from optuna.trial import create_trial

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(directions=["maximize", "minimize"] if two_objectives else ["maximize"])
    distributions = {each.title: _distribution(each) for each in shown.settings}
    values = zip(shown.accuracies, shown.costs, strict=True) if two_objectives else zip(shown.accuracies)
    study.add_trials(
        [
            create_trial(
                values=list(objectives),
                params={each.title: _choice(each, place) for each in shown.settings},
                distributions=distributions,
            )
            for place, objectives in enumerate(values)
        ]
    )
    return study


def _distribution(setting: Setting) -> "optuna.distributions.BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if setting.choices:
        return CategoricalDistribution([_named(choice) for choice in setting.choices])
    low, high = setting.ends
    if all(isinstance(value, int) for value in setting.values):
        return IntDistribution(int(low), int(high), log=setting.log)
    return FloatDistribution(low, high, log=setting.log)


def _choice(setting: Setting, place: int) -> Value:
    value = setting.values[place]
    return _named(value) if setting.choices else value


def _named(value: Value) -> Value:
    """A switch by its position in words."""
    return value_text(value) if isinstance(value, bool) else value


def _in_cells(shown: Scored, settings: tuple[str, ...]) -> tuple[Scored, list[str]]:
    """One trial for each cell of two settings that has any, with the mean of their accuracies; hover texts.

    Optuna's contour has a row and a column for each value that a trial has, which for many trials is more
    than a browser can draw.
    """
    chosen = [each for title in settings for each in shown.settings if each.title == title]
    if len(shown.numbers) <= MOST_CELLS:
        return replace(shown, settings=chosen), shown.hover
    places: dict[tuple[Value, ...], list[int]] = {}
    for place, cell in enumerate(zip(*(_rounded(each) for each in chosen), strict=True)):
        places.setdefault(cell, []).append(place)
    cells = list(places)
    means = [float(np.mean([shown.accuracies[place] for place in places[cell]])) for cell in cells]
    of_cells = [
        each._replace(values=list(column))
        for each, column in zip(chosen, zip(*cells, strict=True), strict=True)
    ]
    hover = [
        f"{words.count(len(places[cell]), 'trial')}: {words.percent(mean, 2)}"
        for cell, mean in zip(cells, means, strict=True)
    ]
    return replace(
        shown, numbers=list(range(len(cells))), accuracies=means, costs=[], settings=of_cells
    ), hover


def _rounded(setting: Setting) -> list[Value]:
    """The values, each as the middle of its cell, where there are more than `MOST_CELLS` different ones."""
    if setting.choices or len(set(setting.values)) <= MOST_CELLS:
        return setting.values
    scaled = np.log10(setting.values) if setting.log else np.asarray(setting.values, float)
    edges = np.linspace(scaled.min(), scaled.max(), MOST_CELLS + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    cells = np.clip(np.searchsorted(edges, scaled, "right") - 1, 0, MOST_CELLS - 1)
    return [10.0 ** middles[cell] if setting.log else float(middles[cell]) for cell in cells]
