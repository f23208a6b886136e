import numpy as np
import pytest

from cnnlab.views.figures.class_balance import Balance, class_balance_figure

BALANCE = Balance(("Shirt", "Bag"), np.array([30, 10]), np.array([4, 16]))


def test_without_images_the_figure_says_what_to_do():
    figure = class_balance_figure(Balance(("Shirt",), np.array([0]), np.array([0])))
    assert not figure.data and "choose another data set" in figure.layout.annotations[0].text


def test_bars_are_shares_of_their_part_with_the_numbers_beside_them():
    train, test = class_balance_figure(BALANCE).data
    assert (list(train.x), list(test.x)) == ([0.75, 0.25], [0.2, 0.8])
    assert (list(train.text), list(test.text)) == (["30", "10"], ["4", "16"])
    assert list(train.y) == ["Shirt", "Bag"]


def test_the_parts_differ_without_colour_too():
    train, test = class_balance_figure(BALANCE).data
    assert train.marker.pattern.shape != test.marker.pattern.shape


def test_the_axis_leaves_room_for_the_numbers():
    assert class_balance_figure(BALANCE).layout.xaxis.range[1] == pytest.approx(1.0)


def test_a_part_without_images_has_bars_of_no_length():
    _, test = class_balance_figure(BALANCE._replace(test=np.array([0, 0]))).data
    assert list(test.x) == [0, 0]


def test_classes_are_even_where_each_part_has_as_many_of_each():
    assert Balance(("a", "b"), np.array([3, 3]), np.array([1, 1])).even
    assert not Balance(("a", "b"), np.array([3, 3]), np.array([1, 2])).even
