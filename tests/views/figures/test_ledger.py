"""The bars of what a class expected."""

from cnnlab.views.figures.ledger import WAS_SO, ledger_figure


def test_each_expectation_has_a_bar_of_its_length_and_the_true_one_a_mark():
    [bars] = ledger_figure({"Better": 3, "Worse": 14, "No difference": 0}, true="Worse").data
    assert list(bars.y) == ["Better", "Worse", "No difference"] and list(bars.x) == [3, 14, 0]
    assert [WAS_SO in text for text in bars.text] == [False, True, False]
    assert [color == bars.marker.color[1] for color in bars.marker.color] == [False, True, False]


def test_nothing_is_marked_before_the_answer_is_known():
    figure = ledger_figure({"Better": 0, "Worse": 0})
    assert not any(WAS_SO in text for text in figure.data[0].text)
    assert figure.layout.xaxis.range[1] > 0
