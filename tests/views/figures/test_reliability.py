import numpy as np
import pytest

from cnnlab.evidence.calibration import calibration
from cnnlab.views.figures.reliability import Reliability, reliability_figure


def reliability(name: str, sure: float, right: int, images: int = 20) -> Reliability:
    """A network that is as sure of every image, and right on so many."""
    probabilities = np.tile([sure, 1 - sure], (images, 1))
    return Reliability(
        name, "#0877bd", calibration(probabilities, np.array([0] * right + [1] * (images - right)))
    )


def test_without_networks_the_figure_says_what_to_do():
    figure = reliability_figure([])
    assert not figure.data and "choose at least one" in figure.layout.annotations[0].text


def test_a_curve_goes_through_confidence_and_accuracy_beside_the_diagonal():
    network = reliability("A", 0.9, 15)
    diagonal, curve = reliability_figure([network]).data
    assert (diagonal.x, diagonal.y) == ((0, 1), (0, 1))
    assert (*curve.x, *curve.y) == (0.9, 0.75)
    [low], [high] = network.calibration.bins["low"], network.calibration.bins["high"]
    assert 0.75 - curve.error_y.arrayminus[0] == pytest.approx(low, abs=1e-4)
    assert 0.75 + curve.error_y.array[0] == pytest.approx(high, abs=1e-4)


def test_networks_are_told_apart_by_their_markers():
    _, *curves = reliability_figure([reliability(str(n), 0.9, 15) for n in range(6)]).data
    assert len({curve.marker.symbol for curve in curves}) == 6
