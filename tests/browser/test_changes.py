"""What a person changes: a tweak trains anew, and the address follows the controls."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.test_browser import (
    button,
    control,
    expect_curves,
    expect_result,
    expect_value,
    state,
    train,
)
from tests.browser.test_live import PLOT, open_section

SLOW = "filters=24&epochs=500"  # epochs of seconds


def test_a_tweak_trains_anew_beside_the_ghost_of_what_it_superseded(open_page):
    page = open_page(f"?{SLOW}&tweak=true")
    train(page)
    expect_curves(page, "CNN 24-24")
    slider = control(page, "filters").get_by_role("slider")
    slider.press("ArrowRight")
    expect(state(page, "CNN 32-32")).to_be_visible()
    page.wait_for_function(
        f"() => {PLOT}.data.some(line => line.name === 'CNN 24-24, training' && line.opacity < 0.5)"
    )
    for _ in range(3):
        slider.press("ArrowRight")
    expect(state(page, "CNN 96-96")).to_contain_text("training on")
    open_section(page, "Devices")
    devices = page.get_by_test_id("stSidebar").get_by_test_id("stCaptionContainer")
    trained = devices.filter(has_text="trains CNN")
    expect(trained).to_have_count(1)
    expect(trained).to_contain_text("trains CNN 96-96")
    button(page, "stop").click()
    expect_result(page)


@pytest.fixture
def other_browser(window: BrowserContext, server: str) -> Iterator[Page]:
    """A page in a browser that shares nothing with the others."""
    context = window.browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()


def test_an_address_brings_page_and_settings_to_another_browser_and_tells_what_it_ignored(
    server, other_browser
):
    asked = "v=1&filters=24&kernel_size=99&depth=https://a.example&pooling=min&learning_rate=0.025&same_blocks=true"
    other_browser.goto(f"{server}/train?{asked}")
    expect(other_browser.get_by_role("heading", level=1, name="Lab")).to_be_visible()
    note = other_browser.get_by_test_id("stSidebar").get_by_test_id("stAlert")
    expect(note).to_contain_text(
        "'kernel_size=99' in the address was ignored: Kernel size must be a whole number from 1 to 11."
    )
    expect(note).to_contain_text("a.example' in the address was ignored: there is no such setting.")
    expect(note.get_by_role("link")).to_have_count(0)
    for key, value in {"filters": "24", "kernel_size": "3"}.items():
        expect_value(other_browser, key, value)
    open_section(other_browser, "Network")
    expect(control(other_browser, "pooling").get_by_role("combobox")).to_have_value("min")
    open_section(other_browser, "Training")
    expect(control(other_browser, "learning_rate").get_by_role("spinbutton")).to_have_value("0.025")
    expect(other_browser).to_have_url(re.compile(r"/train\?v=1&filters=24&pooling=min&learning_rate=0\.025$"))


def filters_of(page: Page) -> Locator:
    return control(page, "filters").get_by_role("slider")


def entries(page: Page) -> int:
    return page.evaluate("history.length")


def at(page: str, filters: int) -> re.Pattern[str]:
    """An address that may also name the newest study, once a page has shown one."""
    return re.compile(rf"/{page}\?v=1&filters={filters}(&study=\w+)?$")


def test_a_slider_leaves_one_entry_and_back_and_forward_bring_each_pages_settings(server, other_browser):
    page = other_browser
    page.goto(f"{server}/?v=1&filters=16")
    expect_value(page, "filters", "16")
    page.wait_for_function("history.pushState.cnnlab === true")  # the script comes with the sidebar
    before = entries(page)
    for value in ("24", "32", "48", "96"):
        if value == "96":
            filters_of(page).press("ArrowRight")  # over 64, which the address leaves out
        filters_of(page).press("ArrowRight")
        expect(page).to_have_url(f"{server}/?v=1&filters={value}")
    assert entries(page) == before
    page.get_by_role("link", name="Studies", exact=True).click()
    expect(page).to_have_url(at("studies", 96))
    filters_of(page).press("ArrowRight")
    expect(page).to_have_url(at("studies", 128))
    assert entries(page) == before + 1
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Lab")).to_be_visible()
    expect_value(page, "filters", "96")
    expect(page).to_have_url(at("", 96))
    page.go_forward()
    expect(page.get_by_role("heading", level=1, name="Studies")).to_be_visible()
    expect_value(page, "filters", "128")
    expect(page).to_have_url(at("studies", 128))
    page.goto(f"{server}/?v=1&filters=40")  # edited by hand
    expect_value(page, "filters", "40")
    page.go_back()
    expect_value(page, "filters", "128")


def test_copy_link_copies_the_address_that_the_controls_have_made(server, other_browser):
    other_browser.goto(server)
    control(other_browser, "filters").get_by_role("slider").press("ArrowLeft")
    expect(other_browser).to_have_url(f"{server}/?v=1&filters=48")
    copy = other_browser.get_by_role("button", name="Copy link")
    copy.click()
    expect(other_browser.get_by_role("button", name="Link copied")).to_be_visible()
    assert other_browser.evaluate("() => navigator.clipboard.readText()") == other_browser.url
