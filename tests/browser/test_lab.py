"""The live networks of the lab, in a browser: untrained, while they train, and as they ended."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.test_browser import (
    PATIENCE_WITH_TRAINER,
    PHONE,
    button,
    control,
    expect_no_scrolling_sideways,
    expect_result,
    expect_still,
    expect_value,
    train,
)

SHORT = "filters=8&images=600&epochs=2"
LONG = "filters=8&images=1000&epochs=500&batch_size=8"
PROJECTOR = (1024, 768)
LAPTOP = (1440, 900)
PICTURES = """number => [...document.querySelectorAll(".cnnlab-live-network")[number]
  .querySelectorAll("button[data-number] img")].map(image => image.src)"""
DRAWN = """number => {
  const images = [...(document.querySelectorAll(".cnnlab-live-network")[number]
    ?.querySelectorAll("button[data-number] img") ?? [])];
  return images.length > 0 && images.every(image => image.src && image.naturalWidth);
}"""
# Whether a layer lies over the one before it.
OVERLAPS = """() => [...document.querySelectorAll(".cnnlab-live-flow")].some(flow => {
  const boxes = [...flow.children].map(child => child.getBoundingClientRect());
  return boxes.some((box, place) => place && box.left < boxes[place - 1].right - 1);
})"""


def expect_maps(page: Page) -> None:
    for number in (0, 1):
        page.wait_for_function(DRAWN, arg=number, timeout=PATIENCE_WITH_TRAINER)


def pictures(page: Page, number: int = 0) -> list[str]:
    return page.evaluate(PICTURES, number)


def head(page: Page, number: int = 0) -> Locator:
    """The line that says what a network has been through."""
    return page.locator(".cnnlab-live-head").nth(number)


def expect_other_pictures(page: Page, before: list[str], number: int = 0) -> None:
    page.wait_for_function(f"before => ({PICTURES})({number}).join() !== before.join()", arg=before)
    page.wait_for_function(DRAWN, arg=number)


def test_untrained_maps_follow_the_sliders_and_the_chosen_image(open_page):
    page = open_page("?filters=6&seed=1234")
    expect_maps(page)
    expect(head(page)).to_contain_text("CNN 6-6 untrained")
    expect(page.locator(".cnnlab-live-layer").first).to_contain_text("26×26×6")
    before = pictures(page)
    assert len(before) == 6 * 4
    control(page, "filters").get_by_role("slider").press("ArrowRight")
    expect(head(page)).to_contain_text("CNN 8-8 untrained")
    expect_other_pictures(page, before)
    assert len(pictures(page)) == 8 * 4
    before, dense = pictures(page), pictures(page, 1)
    thumbnail = page.locator(".cnnlab-live-strip button").nth(5)
    thumbnail.click()
    expect(thumbnail).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".cnnlab-live figcaption")).to_contain_text("Sandal")
    expect_other_pictures(page, before)
    assert pictures(page, 1) == dense, "the weights of a dense unit are the same for every image"
    expect(head(page)).to_contain_text(re.compile("which is (right|wrong)"))


def test_both_networks_move_while_they_train_and_stay_as_they_ended(open_page):
    page = open_page(f"?{LONG}")
    expect_maps(page)
    train(page)
    for number in (0, 1):
        expect(head(page, number)).to_contain_text(re.compile(r"step [\d,]+"), timeout=PATIENCE_WITH_TRAINER)
    page.evaluate("() => { window.tile = document.querySelector('.cnnlab-live-tiles img') }")
    for _ in range(2):
        before = [pictures(page, number) for number in (0, 1)]
        for number in (0, 1):
            expect_other_pictures(page, before[number], number)
    assert page.evaluate("() => window.tile.isConnected"), "the pictures change in place"
    button(page, "stop").click()
    expect_result(page)
    for number in (0, 1):
        expect(head(page, number)).to_contain_text("after epoch", timeout=PATIENCE_WITH_TRAINER)


def test_a_trained_lab_has_a_shift_sentence_and_its_maps_lead_inside(open_page):
    page = open_page(f"?{SHORT}")
    expect_maps(page)
    train(page)
    expect_result(page)
    expect(page.get_by_text("Shifted by 3 pixels").first).to_be_visible(timeout=PATIENCE_WITH_TRAINER)
    expect(head(page)).to_contain_text("after epoch 2")
    tile = page.locator(".cnnlab-live-tiles button[data-layer=conv_2]").nth(3)
    number = tile.get_attribute("data-number")
    tile.click()
    expect(page.get_by_role("heading", level=1, name="Inside")).to_be_visible()
    expect(page.get_by_text(f"conv_2, filter {number} of 8").first).to_be_visible()


def test_the_lab_fits_a_projector_and_a_phone(open_page):
    for size in (PROJECTOR, PHONE):
        page = open_page(f"?{SHORT}", size=size)
        expect_maps(page)
        expect_no_scrolling_sideways(page)
        assert not page.evaluate(OVERLAPS), size


def test_the_curves_are_in_view_on_a_large_screen(open_page):
    page = open_page(f"?{SHORT}", size=LAPTOP)
    expect_maps(page)
    expect_still(page)
    if page.get_by_text("Nothing has been trained yet").is_visible():
        train(page)
    expect_result(page)
    page.wait_for_function(
        "lowest => document.querySelector('.cnnlab-plot')?.getBoundingClientRect().bottom <= lowest",
        arg=LAPTOP[1] + 40,  # all but the title of the time axis
    )


def test_the_addresses_of_earlier_versions_lead_to_the_lab(open_page):
    for path in ("train", "architecture"):
        page = open_page(f"{path}?v=1&filters=12")
        expect(page.get_by_role("heading", level=1, name="Lab")).to_be_visible()
        expect_value(page, "filters", "12")
