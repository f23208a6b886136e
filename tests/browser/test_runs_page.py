"""The page Runs, by a person with a mouse."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_browser import (
    PHONE,
    button,
    control,
    expect_no_scrolling_sideways,
    expect_still,
    tick_row,
)

ROW_HEIGHT = 35  # pixels
TEST_ACCURACY = 320  # pixels from the table's left to the head of the column


@pytest.fixture
def runs_page(open_page, comparison):
    """Opens the page, on which at least the two runs of a comparison are."""

    def opened(**options) -> Page:
        page = open_page("runs", **options)
        expect(page.get_by_text(re.compile(r"^\d+ runs$"))).to_be_visible()
        expect(table(page)).to_be_visible()
        return page

    return opened


def table(page: Page) -> Locator:
    return page.get_by_test_id("stDataFrame")


def tick(page: Page, row: int, selected: int = 1) -> None:
    """Ticks one more row, so that so many are."""
    tick_row(page, row, page.get_by_text(f"{selected} selected"))


def counted(page: Page) -> int:
    """How many runs the line below the table counts."""
    return int(page.get_by_text(re.compile(r"^\d+ runs?$")).inner_text().split()[0])


def name_cells(page: Page) -> Locator:
    """The names in the table, in its text for those who cannot see it."""
    return table(page).locator("td[role=gridcell][aria-colindex='1']")


def names(page: Page) -> list[str]:
    expect(name_cells(page).first).to_be_attached()
    return name_cells(page).all_text_contents()


def test_runs_are_searched_ticked_deleted_and_brought_back(runs_page):
    page = runs_page()
    before, shown = counted(page), names(page)
    tick(page, 0)
    tick(page, 1, selected=2)
    expect(button(page, "compare_runs")).to_be_enabled()

    button(page, "delete_runs").click()
    expect(page.get_by_text(f"Deleted 2 runs: {shown[0]} and {shown[1]}.")).to_be_visible()
    expect(page.get_by_text("2 selected")).to_have_count(0)
    button(page, "undo_runs").click()
    expect(page.get_by_text("Restored 2 runs.")).to_be_visible()
    expect(page.get_by_text(f"{before} runs", exact=True)).to_be_visible()
    expect(name_cells(page)).to_have_text(shown)

    search = control(page, "runs_text").get_by_role("textbox")
    search.fill("no such run")
    search.press("Enter")
    expect(page.get_by_text("No runs match")).to_be_visible()


def test_a_click_on_a_head_sorts_all_runs_and_keeps_the_ticks(runs_page):
    page = runs_page()
    tick(page, 0)
    expect_still(page)  # a canvas is deaf to a click while it is drawn
    table(page).click(position={"x": TEST_ACCURACY, "y": ROW_HEIGHT / 2})
    expect(control(page, "runs_order").get_by_role("combobox")).to_have_value("Test accuracy")
    expect(page.get_by_text("1 selected")).to_be_visible()


def test_a_run_is_renamed_in_the_dialog(runs_page):
    page = runs_page()
    old = names(page)[0]
    for name in ("A name of my own", old):
        if not button(page, "edit_runs").is_enabled():
            tick(page, 0)
        expect(button(page, "edit_runs")).to_be_enabled()
        button(page, "edit_runs").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name").fill(" ")
        dialog.get_by_label("Name").press("Enter")
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.get_by_text("fill in 'Name'")).to_be_visible()
        dialog.get_by_label("Name").fill(name)
        dialog.get_by_label("Name").press("Enter")
        dialog.get_by_role("button", name="Save").click()
        expect(dialog).to_have_count(0)
        expect(page.get_by_text(f"Saved '{name}'.")).to_be_visible()
        expect(name_cells(page).first).to_have_text(name)


def test_a_ticked_run_is_looked_into(runs_page):
    page = runs_page()
    tick(page, 0)
    button(page, "look_inside_run").click()
    expect(page).to_have_url(re.compile(r"/inside\?.*comparison=[0-9a-f]+"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Inside")


def test_the_page_fits_a_phone(runs_page):
    page = runs_page(size=PHONE, color_scheme="dark")
    expect(button(page, "compare_runs")).to_be_visible()
    expect_no_scrolling_sideways(page)
