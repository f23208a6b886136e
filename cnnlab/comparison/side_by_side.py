"""Runs side by side: results with their distance to the baseline, settings, layers, curves, and costs."""

from collections.abc import Mapping, Sequence

import pandas as pd

from cnnlab import words
from cnnlab.arithmetic.layers import LayerRow
from cnnlab.arithmetic.network import layer_rows
from cnnlab.comparison.candidates import Candidate
from cnnlab.comparison.curve_readings import read_curves
from cnnlab.comparison.section import Figure, NumberFormat, Section, Table
from cnnlab.data.published import PUBLISHED, SOURCES
from cnnlab.data.registry import DATASETS
from cnnlab.data.split import images_to_learn_from, steps_per_epoch
from cnnlab.evidence.intervals import wilson
from cnnlab.runs import Run
from cnnlab.runs.comparable import NOT_SET, Setting, settings, test_set
from cnnlab.views.figures.curve_lines import PLAIN, Network, View, current
from cnnlab.views.figures.curves import curves_figure
from cnnlab.views.figures.pareto import COSTS, Cost, Point, pareto_figure
from cnnlab.views.tables.comparison import layers_frame, results_frame, settings_frame

RESULT_FORMATS: Mapping[str, NumberFormat] = {
    "Test accuracy": "percent",
    "Points": "points",
    "Test loss": "loss",
    "Loss difference": "signed",
    "Best validation": "percent",
    "Parameters": "count",
    "Multiply-adds": "count",
    "Times the baseline": "factor",
    "Seconds": "seconds",
    "Images/s": "count",
    "Tested epoch": "count",
}
RESULT_HELP = {
    "Points": "Percentage points of test accuracy more than the baseline.",
    "Loss difference": "Test loss minus that of the baseline: below 0 is better.",
    "Multiply-adds": "For one image.",
    "Times the baseline": "Multiply-adds.",
    "Tested epoch": "Whose weights were tested: with patience, the epoch with the lowest validation loss.",
}
OF_SOME = "of_some"  # the key of the table of settings that only some networks have
NOTHING_DIFFERS = "No setting differs: these runs should be equal on the same device."
BARS = "The bars are 95% intervals (Wilson). The dashed steps join the runs that no other beats."


def results(compared: Sequence[Candidate], baseline: Candidate) -> Section:
    """The table of results; a difference to a baseline with other test images is left out."""
    frame = results_frame([each.label for each in compared], [each.run for each in compared], baseline.run)
    other = [test_set(each.run) != test_set(baseline.run) for each in compared]
    frame.loc[other, ["Points", "Loss difference"]] = None
    title = f"Results, compared with {baseline.label}"
    return Section("Results", tables=(Table(title, frame, "results", RESULT_FORMATS, RESULT_HELP),))


def what_differs(compared: Sequence[Candidate]) -> Section:
    """The settings in which the runs differ: those that all of them have, then those that only some have."""
    differing = [each for each in settings([each.run.spec for each in compared]) if each.differs]
    if not differing:
        return Section("What differs", notes=(NOTHING_DIFFERS,))
    of_all = [each for each in differing if NOT_SET not in each.words]
    of_some = [each for each in differing if NOT_SET in each.words]
    labels = [each.label for each in compared]
    tables = [
        Table(title, settings_frame(labels, some), key)
        for title, some, key in (
            ("Settings that differ", of_all, "differing"),
            (f"Only in some networks: {words.count(len(of_some), 'setting')}", of_some, OF_SOME),
        )
        if some
    ]
    return Section("What differs", tables=tuple(tables))


def same_settings(compared: Sequence[Candidate]) -> list[Setting]:
    """The settings that all runs share, each with its one value."""
    every = settings([each.run.spec for each in compared])
    return [each._replace(words=each.words[:1]) for each in every if not each.differs]


def layers(compared: Sequence[Candidate]) -> Section:
    """The layers of all networks, aligned by name."""
    frame = layers_frame([each.label for each in compared], [_rows(each.run) for each in compared])
    return Section("Layers", tables=(Table("Output shape and parameters", frame, "layers"),))


def _rows(run: Run) -> list[LayerRow]:
    info = DATASETS.get(run.spec.data.dataset)
    return layer_rows(run.spec.model, info.input_shape, len(info.classes)) if info else []


def learning_curves(
    compared: Sequence[Candidate], curves: Mapping[str, pd.DataFrame], view: View = PLAIN
) -> Section:
    """Loss and accuracy over the training, and what they show.

    `curves` has each run's id and its rows of `runs.curves`.
    """
    read = [
        reading for each in compared for reading in read_curves(each.run, each.label, curves[each.run.run_id])
    ]
    rules = dict.fromkeys(reading.rule for reading in read)
    networks = [_network(each, curves[each.run.run_id]) for each in compared]
    names = ", ".join(each.label for each in compared)
    figure = Figure(
        "Loss and accuracy",
        curves_figure(networks, view),
        f"Loss and accuracy, training and validation, of {names}",
        key="compared_curves",
        version=f"{names} {view.x} {view.log_loss}",
        zoomable=True,
    )
    return Section("Curves", tuple(reading.finding for reading in read), tuple(rules), figures=(figure,))


def _network(candidate: Candidate, curves: pd.DataFrame) -> Network:
    spec = candidate.run.spec
    images = images_to_learn_from(spec)
    return Network(candidate.label, candidate.color, steps_per_epoch(spec), images, current(curves))


def accuracy_against_cost(
    compared: Sequence[Candidate], baseline: Candidate, costs: Sequence[Cost], published: bool
) -> Section:
    """Test accuracy over each of these costs, with published results as lines if there are any."""
    dataset = baseline.run.spec.data.dataset
    published = published and dataset in PUBLISHED
    source = (f"Dotted lines: {SOURCES[dataset]}, on the full 10,000 test images.",) if published else ()
    figures = [_cost_figure(compared, baseline, cost, published) for cost in costs]
    return Section("Accuracy against cost", notes=(BARS, *source), figures=tuple(figures))


def _cost_figure(compared: Sequence[Candidate], baseline: Candidate, cost: Cost, published: bool) -> Figure:
    points = cost_points(compared, baseline, cost)
    lines = PUBLISHED[baseline.run.spec.data.dataset] if published else ()
    places = ", ".join(f"{point.label} {point.accuracy:.1%} at {point.cost:,.0f}" for point in points)
    return Figure(
        COSTS[cost],
        pareto_figure(points, cost, lines),
        f"Test accuracy against {COSTS[cost].lower()}: {places}",
        key="pareto",
        version=f"{cost} {[point.label for point in points]}",
        zoomable=True,
    )


def cost_points(compared: Sequence[Candidate], baseline: Candidate, cost: Cost) -> list[Point]:
    """The tested runs that share the baseline's test images."""
    points = []
    for each in compared:
        metrics, data = each.run.metrics, each.run.spec.data
        if test_set(each.run) != test_set(baseline.run) or not {"test_accuracy", cost} <= metrics.keys():
            continue
        images = DATASETS[data.dataset].test_images[data.source] if data.dataset in DATASETS else 0
        accuracy = metrics["test_accuracy"]
        low, high = wilson(round(accuracy * images), images)
        points.append(Point(each.label, each.color, metrics[cost], accuracy, low, high))
    return points
