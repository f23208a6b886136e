import json
from types import SimpleNamespace

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.ui.components import plot
from cnnlab.ui.components.plot import Click


def page() -> None:
    import numpy as np
    import plotly.graph_objects as go

    from cnnlab.ui.components import downloadable_figure, plot
    from cnnlab.views.figures.style import styled_figure

    name = 'CNN "8" <8> .x'
    values = np.array([1.0, np.nan, np.inf])
    trace = go.Scatter(x=[1, 2, float("nan")], y=values, name=name, customdata=[(name, np.nan)] * 3)
    figure = styled_figure([trace], 300)
    plot.render(figure, key="plot", revision=name, alt=name, on_click=print)
    downloadable_figure.render(figure, name, "figure", key="download", alt=name)


@pytest.fixture(scope="module")
def components() -> list[dict]:
    """The data of both components, read as a browser reads JSON: NaN and Infinity are errors."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    app = AppTest.from_function(page).run()
    assert not app.exception
    return [
        json.loads(component.proto.json, parse_constant=refuse) for component in app.get("bidi_component")
    ]


def test_figures_arrive_as_json_whatever_is_in_them(components):
    plotted, downloadable = components
    assert plotted["figure"] == downloadable["figure"]
    [trace] = plotted["figure"]["data"]
    assert trace["x"] == [1, 2, None]
    assert trace["customdata"][0][1] is None
    assert plotted["figure"]["layout"]["height"] == 300


def test_the_component_gets_its_texts_and_where_plotly_is(components):
    plotted, downloadable = components
    assert plotted["script"].startswith("cnnlab/plotly.min.js?v=") and plotted["clickable"] is True
    assert downloadable["filename"] == "figure"


@pytest.mark.parametrize(
    ("state", "clicks"),
    [
        ({"clicked": {"x": 1, "y": "Shirt"}}, [Click(1, "Shirt")]),
        ({"clicked": {"x": 1}}, [Click(1, None)]),
        ({"clicked": "anything"}, []),
        ({"clicked": None}, []),
        ({}, []),
    ],
)
def test_a_click_is_reported_where_the_browser_sent_one(monkeypatch, state, clicks):
    reported: list[Click] = []

    def component(on_clicked_change, **_) -> None:
        on_clicked_change()

    monkeypatch.setattr(plot, "_component", component)
    monkeypatch.setattr(plot, "st", SimpleNamespace(session_state={"plot": state}))
    figure = go.Figure(go.Scatter(y=np.ones(2)))
    plot.render(figure, "plot", "1", "A plot.", on_click=reported.append)
    plot.render(figure, "plot", "1", "A plot that reports no clicks.")
    assert reported == clicks
