"""Both networks layer by layer: every number with its explanation, and what the last change did to them."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnlab.arithmetic.changes import cost_change
from cnnlab.arithmetic.network import layer_rows, totals
from cnnlab.data.registry import DATASETS
from cnnlab.runs import Run
from cnnlab.spec import ComparisonSpec, ConvNetSpec, Role, network_title
from cnnlab.ui.components import plot
from cnnlab.views.figures.network import network_figure
from cnnlab.views.palette import COLORS, NAMES
from cnnlab.views.tables.layers import summary_html

COLUMNS = "repeat(auto-fit, minmax(min(100%, 30rem), 1fr))"  # one where there is no room for two
NOW, BEFORE = "network now", "network before"  # session state: the CNN of the sidebar, and the one before it


def render(comparison: ComparisonSpec) -> None:
    """Drawings and tables, beside each other where there is room."""
    dataset = DATASETS[comparison.data.dataset]
    shape, classes = dataset.input_shape, len(dataset.classes)
    tables = []
    for column, (role, run) in zip(st.columns(2, gap="large"), comparison.runs().items(), strict=True):
        rows = layer_rows(run.model, shape, classes)
        with column:
            plot.render(
                network_figure(rows, shape, COLORS[role]),
                key=f"diagram_{role}",
                revision=role,
                alt=f"Drawing of the network, layer by layer: {', '.join(row.name for row in rows)}",
                tools=False,
            )
        title = f"{network_title(run.model)}, {NAMES[role]}"
        tables.append(f"<div>{summary_html(rows, totals(rows), title, shape, COLORS[role])}</div>")
    grid = f"display: grid; gap: 2rem; grid-template-columns: {COLUMNS}"
    st.html(f'<div style="{grid}">{"".join(tables)}</div>')


def render_change(place: DeltaGenerator, comparison: ComparisonSpec, shown: dict[Role, Run]) -> None:
    """What was changed, in costs: since the training that is shown, or else since the change before."""
    dataset = DATASETS[comparison.data.dataset]
    reference, name = _reference(comparison.model, shown)
    if reference is None:
        return
    sentence = cost_change(reference, comparison.model, dataset.input_shape, len(dataset.classes))
    if sentence:
        place.write(f"Against {name}: {sentence}.")


def _reference(now: ConvNetSpec, shown: dict[Role, Run]) -> tuple[ConvNetSpec | None, str]:
    """The network that the sidebar's is held against: the trained one, else the one before the change."""
    state = st.session_state
    if state.get(NOW) != now:
        state[BEFORE], state[NOW] = state.get(NOW), now
    trained = shown.get("model")
    if trained and isinstance(trained.spec.model, ConvNetSpec) and trained.spec.model != now:
        return trained.spec.model, f"{network_title(trained.spec.model)} as it was trained"
    before = state[BEFORE]
    return before, f"{network_title(before)}, before the last change" if before else ""
