"""Runs side by side: results with their distance to the baseline, what differs, layers, curves, costs."""

from typing import get_args

import pandas as pd
import streamlit as st

from cnnlab.arithmetic.layers import LayerRow
from cnnlab.arithmetic.network import layer_rows
from cnnlab.data.published import PUBLISHED, SOURCES, Published
from cnnlab.data.registry import DATASETS
from cnnlab.data.split import steps_per_epoch, validation_images
from cnnlab.evidence.intervals import wilson
from cnnlab.runs import Run
from cnnlab.runs.comparable import Setting, settings, test_set
from cnnlab.ui.cached.curves import history
from cnnlab.ui.choices import curve_view
from cnnlab.ui.components import plot
from cnnlab.ui.labelled_runs import Candidate
from cnnlab.views.figures.curve_lines import Network, current
from cnnlab.views.figures.curves import curves_figure
from cnnlab.views.figures.pareto import COSTS, Cost, Point, pareto_figure
from cnnlab.views.tables.comparison import layers_frame, results_frame, settings_frame

COLUMNS = {
    "Test accuracy": st.column_config.NumberColumn(format="%.1f %%"),
    "Points": st.column_config.NumberColumn(
        format="%+.1f", help="Percentage points of test accuracy more than the baseline."
    ),
    "Test loss": st.column_config.NumberColumn(format="%.3f"),
    "Loss difference": st.column_config.NumberColumn(
        format="%+.3f", help="Test loss less that of the baseline: below 0 is better."
    ),
    "Best validation": st.column_config.NumberColumn(format="%.1f %%"),
    "Parameters": st.column_config.NumberColumn(format="localized"),
    "Multiply-adds": st.column_config.NumberColumn(format="localized", help="For one image."),
    "Times the baseline": st.column_config.NumberColumn(format="%.1f", help="Multiply-adds."),
    "Seconds": st.column_config.NumberColumn(format="%.1f"),
    "Images/s": st.column_config.NumberColumn(format="localized"),
}


def show(compared: list[Candidate], baseline: Candidate) -> None:
    """The whole section; runs of other data are among them, and only their test results are not compared."""
    labels = [each.label for each in compared]
    st.subheader("Results")
    st.dataframe(results(compared, baseline), hide_index=True, column_config=COLUMNS, key="results")
    st.subheader("What differs")
    _settings(labels, settings([each.run.spec for each in compared]))
    st.subheader("Layers")
    st.dataframe(layers(compared), hide_index=True, key="layers")
    st.subheader("Curves")
    view = curve_view.choose_view()
    plot.show(
        curves_figure(networks(compared), view),
        key="compared_curves",
        revision=f"{labels} {view.x} {view.log_loss}",
        alt="Loss and accuracy, training and validation, of " + ", ".join(labels),
    )
    st.subheader("Accuracy against cost")
    _accuracy_against_cost(compared, baseline)


def results(compared: list[Candidate], baseline: Candidate) -> pd.DataFrame:
    """The table of results; a difference to a baseline with other test images is left out."""
    frame = results_frame([each.label for each in compared], [each.run for each in compared], baseline.run)
    other = [test_set(each.run) != test_set(baseline.run) for each in compared]
    frame.loc[other, ["Points", "Loss difference"]] = None
    return frame


def layers(compared: list[Candidate]) -> pd.DataFrame:
    """The layers of all networks, aligned by name."""
    return layers_frame([each.label for each in compared], [_rows(each.run) for each in compared])


def _rows(run: Run) -> list[LayerRow]:
    info = DATASETS.get(run.spec.data.dataset)
    return layer_rows(run.spec.model, info.input_shape, len(info.classes)) if info else []


def networks(compared: list[Candidate]) -> list[Network]:
    """The curves of all runs, in their colours."""
    return [
        Network(
            each.label,
            each.color,
            steps_per_epoch(each.run.spec),
            each.run.spec.data.images - validation_images(each.run.spec.data),
            current(history(each.run)),
        )
        for each in compared
    ]


def _settings(labels: list[str], found: list[Setting]) -> None:
    differing = [each for each in found if each.differs]
    alike = [each for each in found if not each.differs]
    if differing:
        st.dataframe(settings_frame(labels, differing), hide_index=True, key="differing")
    else:
        st.write("No setting differs: these runs should be equal on the same device.")
    with st.expander(f"The same for all: {len(alike)} settings"):
        once = [each._replace(words=each.words[:1]) for each in alike]
        st.dataframe(settings_frame(["Every run"], once), hide_index=True, key="alike")


def _accuracy_against_cost(compared: list[Candidate], baseline: Candidate) -> None:
    dataset = baseline.run.spec.data.dataset
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        cost: Cost = st.segmented_control(
            "Cost",
            get_args(Cost),
            default="params",
            required=True,
            format_func=COSTS.__getitem__,
            key="cost",
            persist_state="session",
        )
        lines: tuple[Published, ...] = ()
        if dataset in PUBLISHED and st.toggle("Published results", key="published", persist_state="session"):
            lines = PUBLISHED[dataset]
    shown = points(compared, baseline, cost)
    plot.show(
        pareto_figure(shown, cost, lines),
        key="pareto",
        revision=f"{cost} {[point.label for point in shown]}",
        alt=f"Test accuracy against {COSTS[cost].lower()}: "
        + ", ".join(f"{point.label} {point.accuracy:.1%} at {point.cost:,.0f}" for point in shown),
    )
    st.caption("The bars are 95% intervals (Wilson). The dashed steps join the runs that no other beats.")
    if lines:
        st.caption(f"Dotted lines: {SOURCES[dataset]}, on the full 10,000 test images.")


def points(compared: list[Candidate], baseline: Candidate, cost: Cost) -> list[Point]:
    """The tested runs that share the baseline's test images."""
    found = []
    for each in compared:
        metrics, data = each.run.metrics, each.run.spec.data
        if test_set(each.run) != test_set(baseline.run) or not {"test_accuracy", cost} <= metrics.keys():
            continue
        images = DATASETS[data.dataset].test_images[data.source] if data.dataset in DATASETS else 0
        accuracy = metrics["test_accuracy"]
        low, high = wilson(round(accuracy * images), images)
        found.append(Point(each.label, each.color, metrics[cost], accuracy, low, high))
    return found
