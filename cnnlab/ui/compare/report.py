"""The comparison as sections of a report: what the page Compare shows, in the same words and figures."""

import numpy as np

from cnnlab.data.published import PUBLISHED, SOURCES
from cnnlab.data.registry import DATASETS
from cnnlab.evidence.calibration import calibration, calibration_finding
from cnnlab.evidence.classes import by_class, confusion
from cnnlab.evidence.finding import Finding, text
from cnnlab.evidence.paired import paired
from cnnlab.export.report import Figure, Section, Table
from cnnlab.robustness import results
from cnnlab.robustness.experiments import EXPERIMENTS
from cnnlab.robustness.findings import Outcome, robustness_findings
from cnnlab.runs.comparable import settings
from cnnlab.ui.cached.predictions import Predicted, predicted
from cnnlab.ui.compare import side_by_side
from cnnlab.ui.compare.differences import pair_findings
from cnnlab.ui.labelled_runs import Candidate
from cnnlab.views.figures import robustness
from cnnlab.views.figures.classes import ClassScores, accuracy_by_class_figure
from cnnlab.views.figures.confusion import confusion_difference_figure, confusion_figure, difference
from cnnlab.views.figures.curves import curves_figure
from cnnlab.views.figures.pareto import COSTS, Cost, pareto_figure
from cnnlab.views.figures.reliability import Reliability, reliability_figure
from cnnlab.views.tables.comparison import settings_frame

SHIFT = "shift"
UNITS = {name: f"{name}, %" for name in ("Test accuracy", "Best validation")}


def sections(compared: list[Candidate], baseline: Candidate) -> list[Section]:
    """The findings on runs with the same test images. Raises `RunNotFound` where a test is not stored."""
    tested = {each.run.run_id: predicted(each) for each in compared}
    reference = tested[baseline.run.run_id]
    others = [each for each in tested.values() if each is not reference]
    return [
        _verdicts(others, reference),
        _results(compared, baseline),
        _learning(compared),
        _costs(compared, baseline),
        _confusions(others, reference),
        _classes(list(tested.values())),
        _calibration(list(tested.values())),
        *_robustness(compared, baseline),
    ]


def _verdicts(others: list[Predicted], reference: Predicted) -> Section:
    findings = [
        finding
        for each in others
        for finding in pair_findings(each, reference, paired(each.right, reference.right))
    ]
    return Section("Verdict", tuple(findings))


def _results(compared: list[Candidate], baseline: Candidate) -> Section:
    labels = [each.label for each in compared]
    results = side_by_side.results(compared, baseline)
    differing = [each for each in settings([each.run.spec for each in compared]) if each.differs]
    tables = [
        Table(f"Results, held against {baseline.label}", results.rename(columns=UNITS)),
        Table("Settings that differ", settings_frame(labels, differing)),
        Table("Layers: output shape and parameters", side_by_side.layers(compared)),
    ]
    return Section("Side by side", tables=tuple(tables))


def _learning(compared: list[Candidate]) -> Section:
    names = ", ".join(each.label for each in compared)
    figure = Figure(
        "Loss and accuracy",
        curves_figure(side_by_side.networks(compared)),
        f"Loss and accuracy by epoch, training and validation, of {names}",
    )
    return Section("Learning curves", figures=(figure,))


def _costs(compared: list[Candidate], baseline: Candidate) -> Section:
    dataset = baseline.run.spec.data.dataset
    published = PUBLISHED.get(dataset, ())
    figures = [_cost(compared, baseline, cost) for cost in COSTS]
    source = (f"Dotted lines: {SOURCES[dataset]}.",) if published else ()
    words = "The bars are 95% intervals (Wilson). The dashed steps join the runs that no other beats."
    return Section("Accuracy against cost", notes=(words, *source), figures=tuple(figures))


def _cost(compared: list[Candidate], baseline: Candidate, cost: Cost) -> Figure:
    shown = side_by_side.points(compared, baseline, cost)
    lines = PUBLISHED.get(baseline.run.spec.data.dataset, ())
    alt = f"Test accuracy against {COSTS[cost].lower()}: " + ", ".join(
        f"{point.label} {point.accuracy:.1%} at {point.cost:,.0f}" for point in shown
    )
    return Figure(COSTS[cost], pareto_figure(shown, cost, lines), alt)


def _confusions(others: list[Predicted], reference: Predicted) -> Section:
    classes = DATASETS[reference.run.spec.data.dataset].classes
    base = confusion(reference.labels, reference.answers, len(classes))
    figures = [_matrix(reference, base)]
    for each in others:
        counts = confusion(each.labels, each.answers, len(classes))
        title = f"{each.label} minus {reference.label}"
        data = confusion_difference_figure(difference(counts, base), classes, (each.label, reference.label))
        figures += [_matrix(each, counts), Figure(title, data, f"Confusion matrix: {title}")]
    return Section("Confusions", figures=tuple(figures))


def _matrix(network: Predicted, counts: np.ndarray) -> Figure:
    alt = f"Confusion matrix of {network.label}: {counts.trace():,} of {counts.sum():,} on the diagonal"
    return Figure(network.label, confusion_figure(counts, network.classes), alt)


def _classes(tested: list[Predicted]) -> Section:
    scores = [
        ClassScores(each.label, each.color, by_class(each.labels, each.answers, each.classes))
        for each in tested
    ]
    names = ", ".join(each.label for each in tested)
    figure = Figure("Accuracy by class", accuracy_by_class_figure(scores), f"Accuracy by class of {names}")
    words = "The bars are 95% intervals (Wilson), each for one class by itself."
    return Section("Class by class", notes=(words,), figures=(figure,))


def _calibration(tested: list[Predicted]) -> Section:
    networks, findings = [], []
    for each in tested:
        calibrated = calibration(each.probabilities, each.labels)
        findings.append(calibration_finding(each.label, calibrated))
        if calibrated is not None:
            networks.append(Reliability(each.label, each.color, calibrated))
    alt = f"Reliability curves. {text(findings)}"
    figure = Figure("Reliability", reliability_figure(networks), alt)
    return Section("Calibration", tuple(findings), figures=(figure,))


def _robustness(compared: list[Candidate], baseline: Candidate) -> list[Section]:
    """What has been measured so far; no section where nothing was."""
    figures: list[Figure] = []
    said: list[Finding] = []
    for name, experiment in EXPERIMENTS.items():
        found = {
            each.run.run_id: Outcome(each.label, each.color, measured.right)
            for each in compared
            if (measured := results.stored(each.run, name)) is not None
        }
        if not found:
            continue
        outcomes = list(found.values())
        said += robustness_findings(experiment, outcomes, found.get(baseline.run.run_id))
        if name == SHIFT:
            figures += [
                Figure(
                    f"{experiment.title}: {each.name}",
                    robustness.accuracy_map_figure(experiment, each),
                    f"Accuracy of {each.name} by shift",
                )
                for each in outcomes
            ]
        else:
            names = ", ".join(each.name for each in outcomes)
            data = robustness.accuracy_by_level_figure(experiment, outcomes)
            figures.append(Figure(experiment.title, data, f"{experiment.title}: accuracy of {names}"))
    return [Section("Robustness", tuple(said), figures=tuple(figures))] if figures else []
