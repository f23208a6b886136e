"""What the network becomes, before any training: drawn, counted and explained."""

import streamlit as st

from cnnlab.arithmetic.network import layer_rows, totals
from cnnlab.spec import network_title
from cnnlab.ui.components import plot
from cnnlab.ui.sidebar import panel
from cnnlab.views.figures.network import network_figure
from cnnlab.views.palette import COLORS, NAMES
from cnnlab.views.tables.layers import summary_html

st.title("Architecture")
st.write(
    "How each network turns an image into an answer. Every number is explained below its layer; "
    "move a control in the sidebar and watch what changes."
)

choice = panel.choice()
if choice.problems:
    for problem in choice.problems:
        st.error(problem, icon=":material/block:")
else:
    shape, classes = choice.dataset.input_shape, len(choice.dataset.classes)
    for column, (role, run) in zip(st.columns(2, gap="large"), choice.comparison.runs().items(), strict=True):
        rows = layer_rows(run.model, shape, classes)
        with column:
            st.subheader(network_title(run.model))
            st.caption(NAMES[role])
            plot.show(
                network_figure(rows, shape, COLORS[role]),
                key=f"diagram_{role}",
                revision=role,
                alt=f"Drawing of the network, layer by layer: {', '.join(row.name for row in rows)}",
                tools=False,
            )
            st.html(summary_html(rows, totals(rows), "Layer by layer", COLORS[role]))
