"""What a class expected of an exercise, as one bar for each expectation."""

from collections.abc import Mapping

import plotly.graph_objects as go

from cnnlab.views.figures.style import styled_figure
from cnnlab.views.palette import COLORS, PALE

WAS_SO = "✓"  # beside the expectation that came true: nothing depends on colour alone


def ledger_figure(counts: Mapping[str, int], true: str = "") -> go.Figure:
    """Bars in the order given.

    Args:
        counts: Title of an expectation → how many had it.
        true: The title of the one that came true; empty while that is not known.
    """
    texts = [f"{count} {WAS_SO}" if title == true else str(count) for title, count in counts.items()]
    bars = go.Bar(
        uid="ledger",
        orientation="h",
        x=list(counts.values()),
        y=list(counts),
        text=texts,
        textposition="outside",
        cliponaxis=False,
        marker={"color": [COLORS["model"] if title == true else PALE for title in counts]},
        hovertemplate="%{y}: %{x}<extra></extra>",
    )
    most = max(counts.values(), default=0)
    return styled_figure(
        [bars],
        height=60 + 34 * len(counts),
        margin={"l": 10, "t": 10, "b": 10},
        xaxis={"range": [0, max(1, most) * 1.15], "visible": False, "fixedrange": True},
        yaxis={"automargin": True, "type": "category", "autorange": "reversed", "fixedrange": True},
        showlegend=False,
    )
