"""The identity of traces: Plotly makes CSS selectors of it, so no typed name may be in it."""

import re

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from cnnlab.arithmetic.network import layer_rows
from cnnlab.evidence.calibration import calibration
from cnnlab.evidence.classes import by_class
from cnnlab.evidence.overfitting import decompose
from cnnlab.evidence.seed_noise import band
from cnnlab.evidence.temperature import recovered
from cnnlab.robustness.experiments import EXPERIMENTS
from cnnlab.robustness.findings import Outcome
from cnnlab.spec import PRESETS, TrainingSpec
from cnnlab.views.figures import (
    answers,
    bands,
    classes,
    confusion,
    course,
    curve_lines,
    curves,
    network,
    overfitting,
    pareto,
    reliability,
    robustness,
    schedule,
    studies,
)

NAME, COLOR = 'CNN 8-8 "x".y#z > é', "#0877bd"
LABELS = np.array([0, 1, 1, 0])
PROBABILITIES = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3], [0.8, 0.2]])
CLASSES = (NAME, "other")
COUNTS = np.array([[2, 0], [1, 1]])
CURVES = pd.DataFrame(
    [("loss", 1, 2.0, 10), ("val_loss", 2, 1.5, 20), ("val_accuracy", 2, 0.5, 20), ("loss", 2, 1.0, 20)],
    columns=["metric", "step", "value", "milliseconds"],
)
SEEDS = band(pd.DataFrame([(1, 1, 0.5), (2, 1, 0.7)], columns=["seed", "epoch", "value"]))


def outcome(name: str) -> Outcome:
    return Outcome(NAME, COLOR, np.ones((len(EXPERIMENTS[name].levels), 4), bool))


def figures() -> dict[str, go.Figure]:
    """Every figure of two networks that have the same awkward name."""
    series = [studies.Series(NAME, COLOR, "solid", "circle", [100], [studies.Point(0.5, 0.4, 0.6)])] * 2
    scores = classes.ClassScores(NAME, COLOR, by_class(LABELS, PROBABILITIES.argmax(1), CLASSES))
    differing = confusion.difference(COUNTS, COUNTS.T)
    runs = [curve_lines.Network(NAME, COLOR, 1, 1, CURVES)] * 2
    rows = layer_rows(PRESETS["small"].model, (28, 28, 1), 10)
    return {
        "answers": answers.answers_figure([answers.Answer(NAME, COLOR, PROBABILITIES[0])] * 2, CLASSES),
        "bands": bands.bands_figure([bands.Band(NAME, COLOR, "dot", "square", "val_loss", SEEDS)] * 2),
        "classes": classes.accuracy_by_class_figure([scores] * 2),
        "confusion": confusion.confusion_figure(COUNTS, CLASSES),
        "difference": confusion.confusion_difference_figure(differing, CLASSES, (NAME, NAME)),
        "course": course.course_figure([course.Course(NAME, COLOR, "dot", [0, 1], [2, 1])] * 2, 1),
        "curves": curves.curves_figure(runs, curve_lines.View(smoothing=0.5)),
        "network": network.network_figure(rows, (28, 28, 1), COLOR),
        "overfitting": overfitting.overfitting_figure(
            decompose(PROBABILITIES, PROBABILITIES[::-1], LABELS), recovered(PROBABILITIES, LABELS), COLOR
        ),
        "pareto": pareto.pareto_figure([pareto.Point(NAME, COLOR, 10, 0.5, 0.4, 0.6)] * 2, "params"),
        "reliability": reliability.reliability_figure(
            [reliability.Reliability(NAME, COLOR, calibration(PROBABILITIES, LABELS))] * 2
        ),
        "schedule": schedule.rate_figure(schedule.schedule_curve(TrainingSpec()), 5),
        "levels": robustness.accuracy_by_level_figure(EXPERIMENTS["noise"], [outcome("noise")] * 2),
        "accuracy map": robustness.accuracy_map_figure(EXPERIMENTS["shift"], outcome("shift")),
        "difference map": robustness.difference_map_figure(
            EXPERIMENTS["shift"], outcome("shift"), outcome("shift"), 1
        ),
        "by images": studies.by_images_figure(series),
        "by order": studies.order_figure(
            [studies.Shuffled(NAME, COLOR, "dot", "square", [0.5, 0.6], [0.4, 0.5])] * 2
        ),
        "differences": studies.differences_figure(
            [studies.Difference(NAME, studies.Point(0.1, 0, 0.2))], COLOR
        ),
    }


@pytest.fixture(scope="module")
def drawn() -> dict[str, go.Figure]:
    return figures()


def test_every_trace_has_an_identity_of_its_own_that_css_can_select(drawn):
    for name, figure in drawn.items():
        identities = [trace.uid for trace in figure.data]
        assert len(set(identities)) == len(identities) > 0, name
        assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", identity) for identity in identities), identities


def test_the_identities_stay_when_networks_are_renamed(drawn):
    figure = curves.curves_figure(
        [curve_lines.Network(name, COLOR, 1, 1, CURVES) for name in ("a", "b")],
        curve_lines.View(smoothing=0.5),
    )
    assert [trace.uid for trace in figure.data] == [trace.uid for trace in drawn["curves"].data]


def test_every_figure_has_the_one_style_and_a_height(drawn):
    templates = {name: figure.layout.template.to_plotly_json() for name, figure in drawn.items()}
    assert all(template == templates["curves"] for template in templates.values())
    assert all(figure.layout.height for figure in drawn.values())
