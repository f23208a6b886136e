import numpy as np
import pytest

from cnnlab.views.figures.pixel_histogram import pixel_histogram_figure


def test_without_pixels_the_figure_says_what_to_do():
    figure = pixel_histogram_figure(np.empty((0, 32)))
    assert not figure.data and "choose another data set" in figure.layout.annotations[0].text


def test_grey_images_have_one_line_without_a_legend():
    figure = pixel_histogram_figure(np.full((1, 4), 0.25))
    [line] = figure.data
    assert list(line.x) == [32, 96, 160, 224] and list(line.y) == [0.25] * 4
    assert line.customdata.tolist() == [[0, 63], [64, 127], [128, 191], [192, 255]]
    assert figure.layout.showlegend is False


def test_colour_has_a_line_for_each_channel_that_differ_without_colour_too():
    figure = pixel_histogram_figure(np.full((3, 32), 1 / 32))
    assert [line.name for line in figure.data] == ["Red", "Green", "Blue"]
    assert len({line.line.dash for line in figure.data}) == 3
    assert figure.layout.showlegend is True


def test_an_empty_bin_is_a_gap_on_the_logarithmic_axis():
    [line] = pixel_histogram_figure(np.array([[0.5, 0.0, 0.25, 0.25]])).data
    assert line.y[1] is None and line.y[2] == 0.25


@pytest.mark.parametrize("channels", [2, 4])
def test_other_numbers_of_channels_are_refused(channels):
    with pytest.raises(ValueError, match="zip"):
        pixel_histogram_figure(np.full((channels, 32), 1 / 32))
