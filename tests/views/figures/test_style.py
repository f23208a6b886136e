import numpy as np
import pytest

from cnnlab.arithmetic.network import layer_rows
from cnnlab.spec import PRESETS
from cnnlab.views.figures import style
from cnnlab.views.figures.network import network_figure
from cnnlab.views.figures.style import empty_figure, error_bars, styled_figure
from cnnlab.views.figures.web import figure_json
from cnnlab.views.palette import CLEAR


def test_the_page_keeps_its_background_its_text_and_its_grid():
    template = styled_figure([], 300).layout.template.layout
    assert template.paper_bgcolor == template.plot_bgcolor == CLEAR
    assert template.font.color is template.xaxis.gridcolor is None


def test_a_figure_may_differ_from_the_style():
    assert styled_figure([], 300, margin={"l": 5}).layout.margin.l == 5
    assert styled_figure([], 300).layout.margin.l is None


def test_an_empty_figure_says_why_in_its_middle():
    figure = empty_figure("Nothing yet.", 240, xaxis={"visible": False})
    [note] = figure.layout.annotations
    assert (note.text, note.x, note.y, note.xref, note.yref) == ("Nothing yet.", 0.5, 0.5, "paper", "paper")
    assert (figure.layout.height, figure.layout.xaxis.visible) == (240, False)


def test_error_bars_are_the_distances_to_both_ends():
    bars = error_bars([0.5, 0.75], [0.25, 0.5], [1.0, 0.75], color="red", width=6)
    np.testing.assert_array_equal(bars["array"], [0.5, 0.0])
    np.testing.assert_array_equal(bars["arrayminus"], [0.25, 0.25])
    assert (bars["color"], bars["width"], bars["symmetric"]) == ("red", 6, False)


@pytest.mark.parametrize("height", [200, 560])
def test_a_figure_has_the_height_that_its_component_needs(height):
    assert styled_figure([], height).layout.height == empty_figure("", height).layout.height == height


@pytest.mark.parametrize("preset", PRESETS)
def test_a_figure_is_the_same_where_plotly_does_not_check_it(preset, monkeypatch):
    rows = layer_rows(PRESETS[preset].model, (28, 28, 1), 10)
    checked = figure_json(network_figure(rows, (28, 28, 1), "#0877bd"))
    monkeypatch.setattr(style, "CHECKED", False)
    assert figure_json(network_figure(rows, (28, 28, 1), "#0877bd")) == checked


def test_the_tests_check_what_figures_are_made_of():
    with pytest.raises(ValueError, match="hight"):
        styled_figure([], 300, hight=5)
