import numpy as np
import pandas as pd
import pytest

from cnnlab.evidence.seed_noise import band
from cnnlab.views.figures.bands import Band, band_area, bands_figure

EMPTY = band(pd.DataFrame(columns=["seed", "epoch", "value"]))


def frame(epochs: int = 3, seeds: int = 4) -> pd.DataFrame:
    values = np.random.default_rng(0).uniform(0.2, 0.8, (seeds, epochs + 1))
    rows = [(seed, epoch, values[seed, epoch]) for seed in range(seeds) for epoch in range(epochs + 1)]
    return band(pd.DataFrame(rows, columns=["seed", "epoch", "value"]))


def both(curves: pd.DataFrame) -> list[Band]:
    return [
        Band(*look, metric, curves)
        for look in (("CNN 8", "#0877bd", "solid", "circle"), ("Dense 32", "#f59322", "dot", "square"))
        for metric in ("val_loss", "val_accuracy")
    ]


@pytest.mark.parametrize("bands", [[], both(EMPTY)])
def test_without_curves_the_figure_says_so(bands):
    figure = bands_figure(bands)
    assert not figure.data
    assert [note.text for note in figure.layout.annotations] == ["No seed has finished an epoch yet."]


@pytest.mark.parametrize("kind", ["sd", "range"])
def test_a_band_runs_along_its_upper_edge_and_back_along_its_lower(kind):
    curves = frame()
    x, y = band_area(curves, kind)
    assert x.tolist() == [0, 1, 2, 3, 3, 2, 1, 0]
    upper, lower = y[:4], y[4:][::-1]
    middle, half = (upper + lower) / 2, (upper - lower) / 2
    if kind == "sd":
        np.testing.assert_allclose(middle, curves["mean"])
        np.testing.assert_allclose(half, curves["sd"])
    else:
        np.testing.assert_array_equal(upper, curves["high"])
        np.testing.assert_array_equal(lower, curves["low"])


def test_each_network_has_two_bands_and_a_line_in_both_panels_and_one_entry_in_the_legend():
    figure = bands_figure(both(frame()))
    assert len(figure.data) == 12
    assert [trace.yaxis for trace in figure.data].count("y") == 6
    lines = [trace for trace in figure.data if trace.fill is None]
    assert [trace.name for trace in figure.data if trace.showlegend] == ["CNN 8, mean", "Dense 32, mean"]
    for line in lines:
        np.testing.assert_array_equal(line.y, frame()["mean"][1:])


def test_networks_differ_in_dash_and_marker_as_well_as_in_colour():
    lines = [trace for trace in bands_figure(both(frame())).data if trace.fill is None and trace.yaxis == "y"]
    assert len({line.line.dash for line in lines}) == len({line.marker.symbol for line in lines}) == 2
    assert len({line.line.color for line in lines}) == 2


def test_the_untrained_networks_are_left_out_unless_they_are_half_of_the_curve():
    long = bands_figure(both(frame(epochs=3))).data[2].x
    short = bands_figure(both(frame(epochs=1))).data[2].x
    assert (list(long), list(short)) == ([1, 2, 3], [0, 1])


def test_few_epochs_are_each_named_on_the_axis():
    assert list(bands_figure(both(frame(epochs=4))).layout.xaxis.tickvals) == [1, 2, 3, 4]
    assert bands_figure(both(frame(epochs=40))).layout.xaxis.tickvals is None
