"""The confusions of two networks: cells, clicks, and the images of a cell."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.errors import DatasetUnavailable
from cnnlab.ui.cached import test_images
from cnnlab.ui.compare import confusion
from cnnlab.views.figures.confusion import Cell
from tests.dashboard import run
from tests.stored_answers import LABELS, answers_of, shown_differences, texts

pytestmark = pytest.mark.usefixtures("nobody_is_asked")


@pytest.fixture
def groups_drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """The groups of images on the page: what is said of each, and the numbers of its images, from 1."""
    groups = {}

    def note(key, shown, label, on_open, **options) -> None:
        groups[label] = [int(card.title.replace(",", "")) for card in shown]

    monkeypatch.setattr(confusion.cards, "render", note)
    return groups


def test_the_cell_that_differs_most_is_shown_and_another_can_be_chosen_without_a_mouse(
    good, poor, groups_drawn
):
    app = shown_differences(good, poor)
    app.selectbox(key="cell_class_mnist").set_value("3")
    app.selectbox(key="cell_taken_for_mnist").set_value("4")
    app.selectbox(key="cell_by").set_value("second")
    run(app)
    count = int((LABELS[80:300] == 3).sum())
    assert f"**{count}** of class 3 that Dense 32 predicts as 4" in texts(app)
    expected = [number + 1 for number in range(80, 300) if LABELS[number] == 3]
    assert groups_drawn[f"{count} test images of class 3 that Dense 32 predicts as 4"] == expected


def test_the_images_of_a_cell_are_those_of_one_network_or_of_only_one(good, poor):
    first, second = answers_of(good), answers_of(poor)
    cell = Cell(label=5, predicted=6)
    five = np.flatnonzero(LABELS == 5)
    [(title, numbers)] = confusion.groups(first, second, cell, confusion.FIRST)
    assert title == "of class 5 that A predicts as 6"
    assert numbers.tolist() == five[five < 100].tolist()
    (_, only_first), (title, only_second) = confusion.groups(first, second, cell, confusion.ONE)
    assert title == "of class 5 that only B predicts as 6"
    assert only_first.tolist() == five[five < 80].tolist()
    assert only_second.tolist() == five[(five >= 100) & (five < 300)].tolist()
    [(title, numbers)] = confusion.groups(first, second, Cell(5, 5), confusion.SECOND)
    assert title == "of class 5 that B gets right"
    assert numbers.tolist() == five[(five < 80) | (five >= 300)].tolist()


def clicked(x: object, y: object, by: str) -> None:
    import streamlit as st

    from cnnlab.ui.compare import confusion
    from cnnlab.ui.components.plot import Click

    st.session_state["cell_class_mnist"] = st.session_state["cell_taken_for_mnist"] = "0"
    confusion._choose("mnist", tuple("0123456789"), by, Click(x, y))


@pytest.mark.parametrize(
    "x, y, chosen", [("7", "2", ("2", "7")), ("17", "2", ("0", "0")), ({}, None, ("0", "0"))]
)
def test_a_click_puts_its_cell_into_the_boxes_and_anything_else_changes_nothing(x, y, chosen):
    app = run(AppTest.from_function(clicked, args=(x, y, "second")))
    assert (app.session_state["cell_class_mnist"], app.session_state["cell_taken_for_mnist"]) == chosen
    assert ("cell_by" in app.session_state) == (chosen != ("0", "0"))


def test_many_images_are_paged(good, poor, groups_drawn):
    app = shown_differences(good, poor)
    app.selectbox(key="cell_class_mnist").set_value("1")
    app.selectbox(key="cell_taken_for_mnist").set_value("1")
    app.selectbox(key="cell_by").set_value("first")
    run(app)
    page = "48 test images of class 1 that CNN 8-16 gets right, page 1 of"
    assert any(label.startswith(page) for label in groups_drawn)


def test_a_clicked_image_is_opened_inside(good, poor, monkeypatch):
    opened = []
    monkeypatch.setattr(confusion, "open_image", lambda run, number: opened.append((run.run_id, number)))

    def click_the_second(key, shown, label, on_open, **options) -> None:
        if not opened and "class 3 that Dense 32 gets right" in label:
            on_open(shown[1].number)

    monkeypatch.setattr(confusion.cards, "render", click_the_second)
    app = shown_differences(good, poor)
    app.selectbox(key="cell_class_mnist").set_value("3")
    app.selectbox(key="cell_taken_for_mnist").set_value("3")
    app.selectbox(key="cell_by").set_value("second")
    run(app)
    second = np.flatnonzero((LABELS == 3) & (answers_of(poor).answers == 3))[1]
    assert opened[-1][1] == second


def test_without_the_test_images_the_numbers_stay(good, poor, monkeypatch):
    def gone(run: object) -> None:
        raise DatasetUnavailable("The full set is not here.")

    monkeypatch.setattr(test_images, "pictures", gone)
    text = texts(shown_differences(good, poor))
    assert "The full set is not here." in text and "**CNN 8-16 is better than Dense 32" in text
