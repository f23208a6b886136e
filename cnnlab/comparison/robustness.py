"""How much of their accuracy networks keep on disturbed images: one section for each disturbance."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from cnnlab import words
from cnnlab.comparison.candidates import Candidate
from cnnlab.comparison.section import Figure, Section
from cnnlab.robustness import results
from cnnlab.robustness.experiments import Experiment
from cnnlab.robustness.findings import Outcome, level_title, robustness_findings
from cnnlab.views.figures.robustness import (
    accuracy_by_level_figure,
    accuracy_map_figure,
    difference_limit,
    difference_map_figure,
)

SHIFT = "shift"
NOT_MEASURED = "Not measured yet."


def outcomes(
    experiment: str, compared: Sequence[Candidate], left_out: Collection[str] = ()
) -> dict[str, Outcome]:
    """Run id → what is stored of an experiment, for those runs that were measured and are not left out."""
    return {
        each.run.run_id: Outcome(each.label, each.color, measured.right)
        for each in compared
        if each.run.run_id not in left_out and (measured := results.stored(each.run, experiment)) is not None
    }


def robustness_section(
    name: str, measured: Mapping[str, Outcome], compared: Sequence[Candidate], baseline: Candidate
) -> Section:
    """What one disturbance does to the networks; `measured` is what `outcomes` returned."""
    experiment = results.experiment_of(name, baseline.run)
    if not measured:
        return Section(experiment.title, notes=(NOT_MEASURED,))
    reference = measured.get(baseline.run.run_id)
    findings = robustness_findings(experiment, list(measured.values()), reference)
    missing = [each.label for each in compared if each.run.run_id not in measured]
    notes = (f"Not measured yet: {words.listing(missing)}.",) if missing else ()
    figures = (
        _maps(experiment, measured, baseline.run.run_id)
        if name == SHIFT
        else [_curves(name, experiment, measured)]
    )
    return Section(experiment.title, tuple(findings), notes, figures=tuple(figures))


def _curves(name: str, experiment: Experiment, measured: Mapping[str, Outcome]) -> Figure:
    networks = list(measured.values())
    ends = " to ".join(
        level_title(experiment, level) for level in (experiment.levels[0], experiment.levels[-1])
    )
    courses = "; ".join(
        f"{each.name} from {each.accuracies[0]:.1%} to {each.accuracies[-1]:.1%}, "
        f"between {each.accuracies.min():.1%} and {each.accuracies.max():.1%}"
        for each in networks
    )
    return Figure(
        f"Accuracy by {experiment.x_label.lower()}",
        accuracy_by_level_figure(experiment, networks),
        f"Accuracy by {experiment.x_label.lower()}, {ends}: {courses}",
        key=f"robustness_{name}",
        version=" ".join(measured),
    )


def _maps(experiment: Experiment, measured: Mapping[str, Outcome], baseline: str) -> list[Figure]:
    """A heat map for each network, and one for the difference of each to the baseline."""
    maps = [
        _map(f"Accuracy of {each.name} by shift", accuracy_map_figure(experiment, each), f"map_{run_id}")
        for run_id, each in measured.items()
    ]
    reference = measured.get(baseline)
    if reference is None:
        return maps
    others = {run_id: each for run_id, each in measured.items() if run_id != baseline}
    limit = difference_limit(list(others.values()), reference)
    differences = [
        _map(
            f"Accuracy of {each.name} minus that of {reference.name}, by shift",
            difference_map_figure(experiment, each, reference, limit),
            f"difference_{run_id}_{baseline}",
        )
        for run_id, each in others.items()
    ]
    return [*maps, *differences]


def _map(title: str, figure: go.Figure, key: str) -> Figure:
    [heatmap] = figure.select_traces()
    values = np.asarray(heatmap.z)
    unshifted = values[values.shape[0] // 2, values.shape[1] // 2]
    span = f"{unshifted:.1f} unshifted, {values.min():.1f} to {values.max():.1f} in all"
    return Figure(title, figure, f"{title}: {words.with_minus(span)}", key=key, version=key)
