"""The images that only one of two networks gets right."""

import pytest

from tests.dashboard import run
from tests.stored_answers import LABELS, shown_differences, texts

pytestmark = pytest.mark.usefixtures("nobody_is_asked")


def test_the_gallery_shows_what_only_one_gets_right_with_the_likeliest_of_both(good, poor):
    app = shown_differences(good, poor)
    assert "200 images, first those on which Dense 32 is most confident and wrong." in texts(app)
    cards = [text.value for text in app.markdown if "| CNN 8-16, right | Dense 32, wrong |" in text.value]
    assert len(cards) == 12
    assert cards[0].count("82.0%") == 2 and cards[0].count("2.0%") >= 6
    app.selectbox(key="only_right_class_mnist").set_value("7")
    run(app)
    assert f"{int((LABELS[100:300] == 7).sum())} images, first" in texts(app)


def test_the_gallery_can_be_turned_to_the_other_answers_of(good, poor):
    app = shown_differences(good, poor)
    app.button_group(key=f"only_right_{good}_{poor}").set_value(poor)
    run(app)
    assert "80 images, first those on which CNN 8-16 is most confident and wrong." in texts(app)
