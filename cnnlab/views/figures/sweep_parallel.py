"""All trials of a sweep at once: an axis for each setting, a line for each trial, darker the better it is.

Optuna draws a trace for each trial, of which a browser can hold hundreds but not a thousand. Here trials of
about the same rank share a trace.
"""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from cnnlab import words
from cnnlab.views.figures.style import empty_figure, styled_figure
from cnnlab.views.figures.sweep import HEIGHT, NO_TRIALS, SCALE, Baseline
from cnnlab.views.palette import COLORS, GREY

SHADES = 10
LONGEST_LINE = 13  # characters of an axis's title before it goes on in the next line
BEYOND = 0.06  # how far off its axis a baseline is drawn that is better or worse than all trials


def parallel_figure(drawn: go.Figure, titles: list[str], baseline: Baseline | None) -> go.Figure:
    """The lines of all trials through their accuracy, their other objective if any, and their settings.

    Args:
        drawn: By `plot_parallel_coordinate`; the first axis is the accuracy.
        titles: Of the axes, in their order.
        baseline: A mark on the axis of the accuracy.
    """
    lines = [trace for trace in drawn.data if trace.mode == "lines" and trace.customdata is not None]
    if not lines:
        return empty_figure(NO_TRIALS)
    ranked = sorted(lines, key=lambda line: line.y[0])
    groups = np.array_split(np.arange(len(ranked)), min(SHADES, len(ranked)))
    colors = sample_colorscale([list(stop) for stop in SCALE], np.linspace(0, 1, len(groups)).tolist())
    traces = [
        _shared_trace(number, [ranked[place] for place in group], color, titles)
        for number, (group, color) in enumerate(zip(groups, colors, strict=True))
    ]
    traces.append(_best(ranked[-1], titles))
    ticks = [_tick(annotation) for annotation in drawn.layout.annotations]
    ends = [float(tick.text) for tick in drawn.layout.annotations if tick.x == 0]
    if baseline:
        traces.append(_baseline_mark(baseline, min(ends), max(ends)))
    last = len(titles) - 1
    return styled_figure(
        traces,
        HEIGHT + 20,
        margin={"l": 30, "r": 25, "b": 60},
        hovermode="closest",
        annotations=ticks,
        shapes=[_axis_line(place) for place in range(len(titles))],
        xaxis={
            "tickvals": list(range(len(titles))),
            "ticktext": [_in_lines(title) for title in titles],
            "range": [-0.02 * last - 0.12, 1.01 * last + 0.05],
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        yaxis={"range": [-0.09, 1.09], "visible": False, "fixedrange": True},
    )


def _shared_trace(number: int, lines: list[Any], color: str, titles: list[str]) -> go.Scatter:
    """Several lines as one, with a gap between any two."""
    return go.Scatter(
        uid=f"trials-{number}",
        x=[place for line in lines for place in (*line.x, None)],
        y=[height for line in lines for height in (*line.y, None)],
        customdata=[text for line in lines for text in (*_values(line, titles), ["", ""])],
        mode="lines",
        line={"color": color, "width": 1.3},
        opacity=0.6,
        showlegend=False,
        hovertemplate="%{customdata[0]}: %{customdata[1]}<extra></extra>",
    )


def _best(line: Any, titles: list[str]) -> go.Scatter:
    return go.Scatter(
        uid="best",
        name="Best trial",
        x=list(line.x),
        y=list(line.y),
        customdata=_values(line, titles),
        mode="lines+markers",
        line={"color": COLORS["model"], "width": 3.5},
        marker={"size": 8},
        hovertemplate="best trial, %{customdata[0]}: %{customdata[1]}<extra></extra>",
    )


def _values(line: Any, titles: list[str]) -> list[list[str]]:
    """The title and the value of each axis, of one trial; Optuna shortens titles."""
    texts = [text for _, text in line.customdata]
    shown = [words.percent(float(texts[0])), *map(_readable, texts[1:])]
    return [[title, text] for title, text in zip(titles, shown, strict=True)]


def _tick(annotation: Any) -> dict[str, Any]:
    """The label of a tick as Optuna places it, in the page's colour, accuracies in percent."""
    text = words.percent(float(annotation.text)) if annotation.x == 0 else _readable(annotation.text)
    place = {"x": annotation.x, "y": annotation.y, "xanchor": "right", "xshift": -4, "showarrow": False}
    if annotation.x == 0:
        place |= {"xanchor": "left", "xshift": 4}
    return place | {"text": text, "font": {"size": 10}}


def _readable(text: str) -> str:
    """A value as Optuna writes it, without powers of ten in large numbers: '2.52e+05' becomes '252 k'."""
    return words.short(float(text)) if "e+" in text else text


def _baseline_mark(baseline: Baseline, low: float, high: float) -> go.Scatter:
    """On the axis of the accuracy, which goes from `low` to `high`; beyond its end at most a little."""
    height = (baseline.accuracy - low) / (high - low) if high > low else 0.5
    return go.Scatter(
        uid="baseline",
        name=f"{baseline.name}: {words.percent(baseline.accuracy)}",
        x=[0],
        y=[min(max(height, -BEYOND), 1 + BEYOND)],
        mode="markers",
        marker={"color": COLORS["baseline"], "symbol": "line-ew-open", "size": 22, "line": {"width": 3}},
        hovertemplate="%{fullData.name}<extra></extra>",
        cliponaxis=False,
    )


def _axis_line(place: int) -> dict[str, Any]:
    ends = {"x0": place, "x1": place, "y0": 0, "y1": 1, "layer": "below"}
    return ends | {"type": "line", "line": {"color": GREY, "width": 1}}


def _in_lines(title: str) -> str:
    """A title in several short lines, so that those of neighbours do not meet."""
    lines = [""]
    for word in title.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) > LONGEST_LINE and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return "<br>".join(lines)
