"""Two people on one dashboard, each with a browser of their own, who train at the same time."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import DESKTOP, watch
from tests.browser.test_browser import PATIENCE_WITH_TRAINER, button, control, expect_curves, state, train

LONG = "epochs=500&images=1000&dense_units=8&units=8"  # minutes


@pytest.fixture
def person(window: BrowserContext, server: str) -> Iterator[Callable[[str], Page]]:
    """Opens the Lab in a browser that shares nothing with others; what trains is stopped at the end."""
    pages: list[Page] = []
    errors: list[str] = []

    def arrive(settings: str) -> Page:
        context = window.browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        page = context.new_page()
        pages.append(page)
        watch(page, errors)
        page.goto(f"{server}/?{settings}")
        expect(page.get_by_role("heading", level=1, name="Lab")).to_be_visible()
        return page

    yield arrive
    for page in pages:
        if button(page, "stop").is_enabled():
            button(page, "stop").click()
            expect(button(page, "stop")).to_be_disabled(timeout=PATIENCE_WITH_TRAINER)
        page.context.close()
    assert errors == []


def shown(page: Page) -> str:
    return control(page, "showing").inner_text()


def test_two_people_train_at_the_same_time_and_each_sees_and_stops_their_own(person):
    ann, ben = person(f"filters=2&{LONG}"), person(f"filters=4&{LONG}")
    train(ann)
    train(ben)
    expect(state(ann, "CNN 2-2")).to_be_visible()
    expect(state(ben, "CNN 4-4")).to_be_visible()
    expect(state(ann, "CNN 4-4")).to_have_count(0)
    expect(state(ben, "CNN 2-2")).to_have_count(0)
    expect_curves(ann, "CNN 2-2")

    button(ann, "stop").click()
    expect(button(ann, "stop")).to_be_disabled(timeout=PATIENCE_WITH_TRAINER)
    expect(button(ben, "stop")).to_be_enabled()
    expect_curves(ben, "CNN 4-4")  # with a worker free, it trains, if it had to wait before
    expect(button(ann, "train")).to_be_enabled()

    ann.reload()
    expect(control(ann, "showing")).to_contain_text("CNN 2-2")
    assert "CNN 4-4" not in shown(ann)
    [cookie] = [each for each in ann.context.cookies() if each["name"].startswith("cnnlab_visitor_")]
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"


def test_anothers_training_is_looked_at_and_not_touched(person):
    ann = person(f"filters=2&{LONG}")
    train(ann)
    expect(state(ann, "CNN 2-2")).to_contain_text("training on")
    ben = person(f"filters=4&{LONG}")
    ben.get_by_text("Choose", exact=True).first.click()
    control(ben, "chosen_comparison").get_by_role("combobox").click()
    ben.get_by_role("option").filter(has_text="CNN 2-2 (training)").first.click()
    expect(ben.get_by_text("trains this: nobody else can pause or stop it.")).to_be_visible()
    expect_curves(ben, "CNN 2-2")
    for key in ("pause", "step", "stop"):
        expect(button(ben, key)).to_be_disabled()
    expect(button(ben, "train")).to_be_enabled()
