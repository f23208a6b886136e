"""Looking inside a trained network, by a person with a mouse."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_browser import (
    PATIENCE_WITH_TRAINER,
    PHONE,
    button,
    control,
    expect_no_scrolling_sideways,
)


@pytest.fixture
def look(open_page, comparison):
    """Opens one of the pages on a comparison that has been trained."""

    def opened(page: str, **options) -> Page:
        tab = open_page(f"{page}?{comparison.inside}", **options)
        expect(tab.get_by_text("test images right").first).to_be_visible(timeout=PATIENCE_WITH_TRAINER)
        return tab

    return opened


def choose(page: Page, key: str, option: str) -> None:
    control(page, key).get_by_text(option, exact=True).click()


def test_a_drawn_digit_gets_two_answers_that_change_when_it_is_dragged(look):
    page = look("inside")
    choose(page, "image_source", "Draw")
    expect(page.get_by_text("Nothing is drawn yet")).to_be_visible()
    canvas = page.locator(".cnnlab-pad-canvas")
    canvas.scroll_into_view_if_needed()
    stroke(page, canvas, [(0.3, 0.2), (0.7, 0.2), (0.45, 0.85)])  # a seven
    expect(page.get_by_text(re.compile("CNN 8-8: "))).to_be_visible()
    expect(page.get_by_text(re.compile("Dense 32: "))).to_be_visible()

    control(page, "centred").get_by_text("Centre and scale").click()
    before = page.get_by_text(re.compile("CNN 8-8: ")).inner_text()
    page.get_by_role("button", name="Move").click()
    stroke(page, canvas, [(0.5, 0.5), (0.2, 0.75)])
    expect(page.get_by_text(re.compile("CNN 8-8: "))).not_to_have_text(before)

    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Nothing is drawn yet")).to_be_visible()


def stroke(page: Page, canvas: Locator, points: list[tuple[float, float]]) -> None:
    box = canvas.bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def test_the_epochs_are_scrubbed_in_place_and_played(look):
    page = look("inside")
    expect(page.get_by_text("after epoch 2")).to_have_count(2)
    page.get_by_text("The course of the training, and what is confused").click()
    course = "document.querySelector('.st-key-course .cnnlab-plot')"
    page.wait_for_function(f"() => {course}?.layout?.shapes[0].x0 === 2")
    page.evaluate(f"() => {{ window.course = {course} }}")
    control(page, "epoch").get_by_role("slider").press("ArrowLeft")
    expect(page.get_by_text("after epoch 1")).to_have_count(2)
    page.wait_for_function("() => window.course.isConnected && window.course.layout.shapes[0].x0 === 1")

    control(page, "playing_epoch").get_by_text("Play").click()
    for epoch in (2, 0, 1):
        expect(page.get_by_text(f"after epoch {epoch}")).to_have_count(2)


def test_the_convolution_is_stepped_and_adds_up_to_what_keras_computed(look):
    page = look("inside")
    choose(page, "section", "Convolution")
    output = page.locator(".cnnlab-convolution .cnnlab-step-output canvas")
    output.press("Home")
    place = page.locator(".cnnlab-convolution .cnnlab-step-place")
    expect(place).to_have_text("Row 1 of 26, column 1 of 26")
    for _ in range(12):
        output.press("ArrowDown")
        output.press("ArrowRight")
    expect(place).to_have_text("Row 13 of 26, column 13 of 26")
    activated = number(page.locator(".cnnlab-convolution .cnnlab-sum-activation").inner_text())
    by_keras = number(page.locator(".cnnlab-convolution .cnnlab-sum-keras").inner_text())
    assert activated == by_keras


def number(text: str) -> float:
    """The last number of a line; its minus sign is the typographic one."""
    return float(re.findall(r"−?\d+(?:\.\d+)?", text)[-1].replace("−", "-"))


def test_a_muted_filter_changes_the_answer_at_once_and_speaks_again(look):
    page = look("filters")  # the address of the page that showed them in earlier versions
    expect(page.get_by_role("heading", name="Inside")).to_be_visible()
    switches = page.locator(".st-key-wall_conv_1").get_by_role("switch")
    expect(switches).to_have_count(8)
    switches.first.click()
    expect(page.get_by_text("answers without filter 1 of conv_1")).to_be_visible()
    expect(switches.first).to_be_checked()
    expect(page.get_by_test_id("stMetric")).to_contain_text("points")
    switches.first.press("Enter")
    expect(page.get_by_test_id("stMetric")).to_have_count(0)
    expect(switches.first).not_to_be_checked()


def test_a_map_is_enlarged_by_a_click_and_followed_to_its_convolution(look):
    page = look("inside")
    tile = page.locator(".st-key-maps_model_conv_2 .cnnlab-card button").first
    number = tile.inner_text()
    tile.click()
    expect(page.get_by_text(f"conv_2, map {number}, from")).to_be_visible()
    button(page, "follow_conv_2").click()
    expect(page.locator(".cnnlab-convolution .cnnlab-step-place")).to_be_visible()
    expect(control(page, "explained_filter_2").get_by_role("spinbutton")).to_have_value(number)


@pytest.mark.parametrize("section", ["Feature maps", "Filters"])
def test_the_page_fits_a_phone(look, section):
    page = look("inside", size=PHONE, color_scheme="dark")
    choose(page, "section", section)
    expect(page.get_by_text("Look at")).to_be_visible()
    expect_no_scrolling_sideways(page)
