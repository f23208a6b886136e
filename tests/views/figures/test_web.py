import base64
import json

import numpy as np
import plotly.graph_objects as go
import pytest

from cnnlab.views.figures.style import styled_figure
from cnnlab.views.figures.web import THEME_JS, figure_json


def strict(figure: go.Figure) -> dict:
    """The figure as the browser gets it; its parser refuses NaN and infinity."""
    return json.loads(json.dumps(figure_json(figure), allow_nan=False))


@pytest.mark.parametrize("dtype", ["<f4", "<f8"])
def test_an_array_keeps_its_values_and_its_gaps(dtype):
    values = np.array([0.1, np.nan, np.inf], dtype)
    [trace] = strict(styled_figure([go.Scatter(y=values)], 300))["data"]
    assert trace["y"]["dtype"] == dtype[1:]
    sent = np.frombuffer(base64.b64decode(trace["y"]["bdata"]), dtype)
    np.testing.assert_array_equal(sent, values)


def test_in_a_list_what_is_not_finite_becomes_null():
    nan, infinity = float("nan"), float("inf")
    trace = go.Scatter(x=[1.5, nan, infinity], y=np.array([]), customdata=[["a", nan], ["b", 1]])
    figure = styled_figure([trace], 300, shapes=[{"type": "line", "x0": nan, "x1": 1, "y0": 0, "y1": 1}])
    sent = strict(figure)
    assert sent["data"][0]["x"] == [1.5, None, None]
    assert sent["data"][0]["customdata"] == [["a", None], ["b", 1]]
    assert sent["data"][0]["y"] == []
    assert sent["layout"]["shapes"][0]["x0"] is None


def test_a_larger_figure_has_larger_text_margins_and_height_and_the_same_data():
    figure = styled_figure(
        [go.Scatter(y=[1, 2], textfont={"size": 11}, marker={"size": 7})],
        300,
        margin={"l": 50},
        annotations=[{"text": "note", "font": {"size": 10}}],
    )
    usual, larger = strict(figure), json.loads(json.dumps(figure_json(figure, 1.5), allow_nan=False))
    assert larger["layout"]["height"] == 450 and larger["layout"]["font"]["size"] == 18
    assert larger["layout"]["margin"]["l"] == 75
    assert larger["layout"]["template"]["layout"]["margin"]["t"] == 75
    assert larger["layout"]["annotations"][0]["font"]["size"] == 15
    [before], [after] = usual["data"], larger["data"]
    assert (
        after["textfont"]["size"] == 16.5
        and after["marker"] == before["marker"]
        and after["y"] == before["y"]
    )


def test_a_trace_keeps_its_identity_and_the_layout_its_template():
    sent = strict(styled_figure([go.Scatter(uid="first", y=[1])], 300))
    assert sent["data"][0]["uid"] == "first"
    assert sent["layout"]["height"] == 300
    assert sent["layout"]["template"]["layout"]["autotypenumbers"] == "strict"


@pytest.mark.parametrize("uid", ["CNN 8-8", "a.b", "#x", "é", ""])
def test_a_name_is_refused_as_an_identity(uid):
    with pytest.raises(ValueError, match="must be made of letters"):
        figure_json(go.Figure(go.Scatter(y=[1], uid=uid)))


def test_the_script_has_what_components_and_report_call():
    for name in ("const PLOT_OPTIONS =", "function themed(", "function painted("):
        assert name in THEME_JS
