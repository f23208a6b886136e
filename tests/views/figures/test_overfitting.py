import numpy as np
import pytest

from cnnlab.evidence.overfitting import decompose
from cnnlab.evidence.temperature import Recovered
from cnnlab.views.figures.overfitting import bars, overfitting_figure
from cnnlab.views.palette import COLORS, GREY

COLOR = COLORS["model"]
BEFORE = np.array([[0.8, 0.2], [0.3, 0.7], [0.4, 0.6], [0.9, 0.1], [0.9, 0.1]])
AFTER = np.array([[0.2, 0.8], [0.6, 0.4], [0.1, 0.9], [0.95, 0.05], [0.95, 0.05]])
RISE = decompose(BEFORE, AFTER, np.zeros(5, int))
RECOVERED = Recovered(0.7, 0.5, (1.5, 1.7))


def test_without_a_rise_the_figure_says_what_to_do():
    figure = overfitting_figure(None, None, COLOR)
    assert not figure.data and "choose a network" in figure.layout.annotations[0].text


def test_the_bars_of_the_parts_add_up_to_that_of_all_images():
    *parts, whole, scaled = bars(RISE, RECOVERED, COLOR)
    assert sum(part.nats for part in parts) == pytest.approx(whole.nats) == pytest.approx(RISE.total)
    assert [part.label for part in parts] == [
        "Right, then wrong (1)",
        "Wrong, then right (1)",
        "Wrong both times (1)",
        "Right both times (2)",
    ]
    assert scaled.nats == pytest.approx(-0.2)
    assert len(bars(RISE, None, COLOR)) == 5


def test_the_figure_draws_the_numbers_from_above_with_their_signs():
    figure = overfitting_figure(RISE, RECOVERED, COLOR)
    [trace] = figure.data
    assert list(trace.x) == [bar.nats for bar in bars(RISE, RECOVERED, COLOR)]
    assert figure.layout.yaxis.autorange == "reversed" and trace.orientation == "h"
    assert trace.text[1].startswith("−") and trace.text[2].startswith("+")


def test_the_whole_and_what_is_taken_back_differ_from_the_parts_also_without_colour():
    [trace] = overfitting_figure(RISE, RECOVERED, COLOR).data
    assert list(trace.marker.color[:5]) == [COLOR] * 4 + [GREY]
    assert list(trace.marker.pattern.shape) == [""] * 5 + ["/"]
    assert len(set(trace.y)) == 6


@pytest.mark.parametrize("recovered", [None, RECOVERED])
@pytest.mark.parametrize("rise", [RISE, decompose(AFTER, BEFORE, np.zeros(5, int))])
def test_every_bar_lies_within_the_axis_with_room_for_its_number(rise, recovered):
    figure = overfitting_figure(rise, recovered, COLOR)
    low, high = figure.layout.xaxis.range
    assert low < min(figure.data[0].x) < 0 < max(figure.data[0].x) < high


def test_a_loss_that_has_not_changed_has_an_axis_too():
    low, high = overfitting_figure(
        decompose(BEFORE, BEFORE, np.zeros(5, int)), None, COLOR
    ).layout.xaxis.range
    assert low == 0 < high
