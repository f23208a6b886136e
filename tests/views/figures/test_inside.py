"""The small views of the pages that look inside."""

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from cnnlab.views.figures.answers import Answer, bars_data, sentence, top
from cnnlab.views.figures.confusion import confusion_data
from cnnlab.views.figures.course import Course, course_data
from cnnlab.views.pictures.feature_maps import MAPS_A_PAGE, map_sheet, unit_sheet
from cnnlab.views.pictures.overlay import enlarged, overlaid

CLASSES = ("ant", "bee", "cat", "dog")
FIRST = Answer("CNN", "#0877bd", np.array([0.1, 0.2, 0.65, 0.05], np.float32))
SECOND = Answer("Dense", "#f59322", np.array([0.7, 0.2, 0.06, 0.04], np.float32))


def test_the_cells_hold_counts_and_are_coloured_by_the_share_of_their_class():
    figure = confusion_data(np.array([[3, 1], [0, 0]]), CLASSES[:2])
    [heatmap] = go.Figure(figure).data  # Plotly validates every value
    assert heatmap.text == ([3, 1], [0, 0])
    assert heatmap.z == ([0.75, 0.25], [0.0, 0.0])
    assert (heatmap.zmin, heatmap.zmax) == (0, 1)


def test_the_cursor_stands_at_the_epoch():
    courses = [Course("CNN", "#0877bd", "solid", [0, 1, 2], [2.3, 0.7, 0.5])]
    figure = go.Figure(course_data(courses, 1))
    assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].x1) == (1, 1)
    assert figure.data[0].y == (2.3, 0.7, 0.5)


def test_the_likeliest_classes_come_first():
    assert top(FIRST.probabilities, CLASSES) == [
        ("cat", pytest.approx(0.65)),
        ("bee", pytest.approx(0.2)),
        ("ant", pytest.approx(0.1)),
    ]


@pytest.mark.parametrize("label, end", [(2, ", right"), (0, ", wrong"), (None, "(65%)")])
def test_an_answer_is_judged_where_the_class_is_known(label, end):
    assert sentence(FIRST, CLASSES, label) == "**CNN:** cat (65%)" + (end if label is not None else "")


def test_the_bars_show_every_class_that_is_among_the_likeliest_of_either():
    figure = go.Figure(bars_data([FIRST, SECOND], CLASSES))
    assert [bar.y for bar in figure.data] == [("ant", "bee", "cat")] * 2
    assert figure.data[1].x == (0.7, 0.2, 0.06)
    assert figure.data[0].marker.pattern.shape != figure.data[1].marker.pattern.shape


def test_maps_are_sorted_by_activity_and_keep_their_numbers():
    maps = np.zeros((2, 3, 3), np.float32)
    maps[..., 1], maps[..., 2] = -2, 1
    sheet = map_sheet(maps)
    assert sheet.numbers.tolist() == [2, 3, 1]
    np.testing.assert_array_equal(sheet.tiles[0], maps[..., 1])
    assert sheet.caption == "3 maps of 2×3, the most active first; 1 is zero everywhere"


def test_of_many_maps_the_most_active_are_shown():
    maps = np.arange(1, 101, dtype=np.float32)[None, None].repeat(2, axis=0)
    sheet = map_sheet(maps)
    assert len(sheet.tiles) == MAPS_A_PAGE and sheet.numbers[0] == 100
    assert sheet.caption.startswith("the 64 most active of 100 maps of 2×1")


def test_units_fill_a_picture_row_by_row():
    picture = unit_sheet(np.arange(10, dtype=np.float32))
    assert picture.shape == (2, 5)
    np.testing.assert_array_equal(picture.ravel(), np.arange(10))
    assert np.isnan(unit_sheet(np.zeros(7))).sum() == unit_sheet(np.zeros(7)).size - 7


def test_heat_covers_the_image_by_sign_and_strength():
    image = np.full((1, 3, 1), 0.5, np.float32)
    [[none, much_less, little_more]] = overlaid(image, np.array([[0, -2.0, 0.2]], np.float32), 2.0)
    np.testing.assert_allclose(none, 0.5)
    assert much_less[0] > much_less[2], "orange"
    assert little_more[2] > little_more[0], "blue"
    assert np.abs(much_less - 0.5).max() > np.abs(little_more - 0.5).max()


def test_a_coarse_map_is_enlarged_to_the_image_as_pillow_does_it():
    heat = np.random.default_rng(1).random((5, 5), np.float32)
    expected = Image.fromarray(heat).resize((28, 28), Image.Resampling.BILINEAR)
    np.testing.assert_allclose(enlarged(heat, (28, 28)), np.asarray(expected))
