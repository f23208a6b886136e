"""Where networks differ on the same test images, from their stored predictions: a verdict and its grounds.

A pair is two networks, of which the second is what the first is compared with.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cnnlab import words
from cnnlab.comparison.candidates import Predicted
from cnnlab.comparison.section import Figure, NumberFormat, Section, Table
from cnnlab.evidence.calibration import calibration, calibration_finding
from cnnlab.evidence.classes import by_class, confusion
from cnnlab.evidence.finding import text
from cnnlab.evidence.paired import Paired, paired
from cnnlab.views.figures.classes import ClassScores, accuracy_by_class_figure, most_telling, widest_gap
from cnnlab.views.figures.confusion import (
    Cell,
    confusion_difference_figure,
    confusion_figure,
    difference,
    largest_difference,
    most_confused,
    which_classes,
)
from cnnlab.views.figures.reliability import Reliability, reliability_figure
from cnnlab.views.tables.results import comparison_findings

Pair = tuple[Predicted, Predicted]

DIAGONAL = "Correct predictions are on the diagonal."
CLASS_BARS = "The bars are 95% intervals (Wilson), each for one class by itself."
FEWER_CLASSES = (
    "Of {} classes the figure shows the {} at which the networks differ most, or one network by itself is "
    "wrong most often; the table has all."
)
HOW_TO_READ_CALIBRATION = (
    "Images are sorted into bins by the probability that a network gives its answer. A perfectly "
    "calibrated network is right as often as it is confident: its curve lies on the diagonal; below it, "
    "a network is overconfident. The bars are 95% intervals (Wilson)."
)


def verdict(pairs: Sequence[Pair]) -> Section:
    """Which network of each pair is better, if that is clear, and on how many images who is right."""
    findings, tables = [], []
    for first, second in pairs:
        counts = paired(first.right, second.right)
        runs = (first.run, second.run)
        findings += comparison_findings((first.label, second.label), runs, counts, counts.images)
        tables.append(_counts(first, second, counts))
    return Section("Verdict", tuple(findings), tables=tuple(tables))


def _counts(first: Predicted, second: Predicted, counts: Paired) -> Table:
    """On how many images both, only one, or neither is right."""

    def row(name: str, *cells: int) -> list[str]:
        shares = [f"{count:,} ({words.percent(count / counts.images)})" for count in (*cells, sum(cells))]
        return [name, *shares]

    rows = [
        row(f"{first.label} right", counts.both, counts.only_first),
        row(f"{first.label} wrong", counts.only_second, counts.neither),
        row("Total", counts.both + counts.only_second, counts.only_first + counts.neither),
    ]
    columns = ["Test images", f"{second.label} right", f"{second.label} wrong", "Total"]
    title = f"Who is right: {first.label} and {second.label}"
    return Table(title, pd.DataFrame(rows, columns=columns), "counts")


def confusions(others: Sequence[Predicted], reference: Predicted, cell: Cell | None = None) -> Section:
    """The matrices of all networks, the reference last, then the differences to the reference.

    `cell` is framed in each of them.
    """
    networks = [*others, reference]
    counts = [_confusion(each) for each in networks]
    shown = most_confused(counts, cell)
    matrices = [_matrix(each, matrix, cell, shown) for each, matrix in zip(networks, counts, strict=True)]
    differences = [
        _difference(each, matrix, reference, counts[-1], cell, shown)
        for each, matrix in zip(others, counts, strict=False)
    ]
    colors = [
        f"{each.label} minus {reference.label}: where it is blue, {each.label} does it more often; where it "
        f"is orange, {reference.label}. On the diagonal more is better, beside it worse."
        for each in others
    ]
    which = which_classes(len(shown), len(reference.classes))
    diagonal = f"{DIAGONAL} {which}" if which else DIAGONAL
    return Section("Confusions", notes=(diagonal, *colors), figures=(*matrices, *differences))


def most_different_cell(first: Predicted, second: Predicted) -> Cell:
    """The mistake that one network makes most times more often than the other."""
    return largest_difference(difference(_confusion(first), _confusion(second)))


def _confusion(network: Predicted) -> np.ndarray:
    return confusion(network.labels, network.answers, len(network.classes))


def _matrix(network: Predicted, counts: np.ndarray, cell: Cell | None, shown: np.ndarray) -> Figure:
    right = f"{counts.trace():,} of {counts.sum():,} right"
    return Figure(
        f"{network.label}: {right}",
        confusion_figure(counts, network.classes, cell, shown),
        f"Confusion matrix of {network.label}: {right}, on the diagonal",
        key=f"confusion_of_{network.run.run_id}",
        version=network.run.run_id,
    )


def _difference(
    first: Predicted,
    counts: np.ndarray,
    second: Predicted,
    other_counts: np.ndarray,
    cell: Cell | None,
    shown: np.ndarray,
) -> Figure:
    differing, classes = difference(counts, other_counts), first.classes
    most = largest_difference(differing)
    ids = f"{first.run.run_id}_{second.run.run_id}"
    return Figure(
        f"{first.label} minus {second.label}",
        confusion_difference_figure(differing, classes, (first.label, second.label), cell, shown),
        f"Confusion matrix of {first.label} minus that of {second.label}. The mistake that differs most: "
        f"{classes[most.label]} predicted as {classes[most.predicted]}, "
        f"{words.signed(int(differing.counts[most]), 0)} images",
        key=f"confusion_difference_{ids}",
        version=ids,
    )


def class_by_class(networks: Sequence[Predicted], pairs: Sequence[Pair]) -> Section:
    """Every network's accuracy by class, and at which class the networks of each pair differ most."""
    scores = {each.run.run_id: _scores(each) for each in networks}
    drawn = most_telling(list(scores.values()))
    gaps = [widest_gap(scores[first.run.run_id], scores[second.run.run_id]) for first, second in pairs]
    names = ", ".join(each.label for each in networks)
    figure = Figure(
        "Accuracy by class",
        accuracy_by_class_figure(drawn),
        f"Accuracy by class of {names}",
        key="accuracy_by_class",
        version=" ".join(scores),
    )
    findings = tuple(gap for gap in gaps if gap)
    table = _class_table(list(scores.values()))
    shown, classes = len(drawn[0].frame), len(networks[0].classes)
    notes = (CLASS_BARS, FEWER_CLASSES.format(classes, shown)) if shown < classes else (CLASS_BARS,)
    return Section("Class by class", findings, notes, (figure,), (table,))


def _scores(network: Predicted) -> ClassScores:
    frame = by_class(network.labels, network.answers, network.classes)
    return ClassScores(network.label, network.color, frame)


def _class_table(scores: Sequence[ClassScores]) -> Table:
    frame = pd.concat([each.frame.assign(network=each.name) for each in scores], ignore_index=True)
    frame = frame[["network", *frame.columns.drop("network")]].rename(columns=str.capitalize)
    shares: dict[str, NumberFormat] = {"Accuracy": "percent", "Low": "percent", "High": "percent"}
    frame[list(shares)] *= 100
    return Table("Accuracy by class, with its 95% interval", frame, "accuracy_by_class_table", shares)


def calibration_section(networks: Sequence[Predicted]) -> Section:
    """Whether each network is right as often as it is confident."""
    curves, findings = [], []
    for each in networks:
        calibrated = calibration(each.probabilities, each.labels)
        findings.append(calibration_finding(each.label, calibrated))
        if calibrated is not None:
            curves.append(Reliability(each.label, each.color, calibrated))
    figure = Figure(
        "Reliability",
        reliability_figure(curves),
        f"Reliability curves. {text(findings)}",
        key="reliability",
        version=" ".join(each.run.run_id for each in networks),
    )
    return Section("Calibration", tuple(findings), (HOW_TO_READ_CALIBRATION,), figures=(figure,))
