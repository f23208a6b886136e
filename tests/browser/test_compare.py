"""A person compares two runs: reads the verdict, looks at a mistake, and takes the report away."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import trained_comparison
from tests.browser.test_browser import PHONE, button, control, expect_no_scrolling_sideways, expect_still
from tests.browser.test_inside import choose
from tests.browser.test_runs_page import table, tick

SECTIONS = ("Side by side", "Where they differ", "Robustness", "Export")
VERDICT = re.compile("(is better than .* by .* points|No clear winner).*95% interval")


@pytest.fixture
def compared(open_page, server, server_log) -> Page:
    """The page Compare with the two runs of a new comparison, which are ticked on the page Runs."""
    trained_comparison(server_log)
    page = open_page("runs")
    expect(table(page)).to_be_visible()
    tick(page, 0)
    tick(page, 1, selected=2)
    button(page, "compare_runs").click()
    expect(page.get_by_role("heading", name="Results")).to_be_visible()
    expect(page).to_have_url(re.compile("runs=[0-9a-f]{32}"))
    return page


def test_a_comparison_ends_in_a_verdict_its_images_and_a_report_that_opens_offline(
    compared, window: BrowserContext, tmp_path: Path
):
    page = compared
    choose(page, "compare_section", "Where they differ")
    verdict = page.get_by_text(VERDICT).first
    expect(verdict).to_be_visible()
    bold = verdict.locator("strong").first.inner_text()

    matrix = control(page, "confusion_of_first").locator(".nsewdrag")
    matrix.scroll_into_view_if_needed()
    box = matrix.bounding_box()
    places = {"Trouser": 1, "Dress": 3}  # a row and a column of ten
    matrix.click(
        position={
            "x": box["width"] * (places["Dress"] + 0.5) / 10,
            "y": box["height"] * (places["Trouser"] + 0.5) / 10,
        }
    )
    expect(page.get_by_text(re.compile(r"of class Trouser that .* predicts as Dress")).first).to_be_visible()

    choose(page, "compare_section", "Export")
    button(page, "prepare_report").click()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="HTML report").click()
    report = tmp_path / "report.html"
    downloading.value.save_as(report)

    offline = window.browser.new_context(offline=True)
    failed: list[str] = []
    try:
        opened = offline.new_page()
        opened.on("pageerror", lambda error: failed.append(str(error)))
        opened.on("requestfailed", lambda request: failed.append(request.url))
        opened.goto(report.as_uri())
        expect(opened.get_by_text(bold).first).to_be_visible()
        expect(opened.locator(".js-plotly-plot .main-svg").first).to_be_visible()
        assert failed == []
    finally:
        offline.close()


def test_the_page_of_a_phone_shows_every_section_within_its_width(open_page, comparison):
    page = open_page(f"compare?{comparison.compare}", size=PHONE, color_scheme="dark")
    for section in SECTIONS:
        choose(page, "compare_section", section)
        expect(control(page, "compare_section").get_by_role("radio", name=section)).to_be_checked()
        expect_still(page, 500)
        expect_no_scrolling_sideways(page)


def test_a_figure_is_drawn_again_only_where_it_has_changed(compared):
    """A page that runs again sends every figure; only the one whose control was moved is another."""
    keys = ("compared_curves", "pareto")
    for key in keys:
        expect(control(compared, key).locator(".main-svg").first).to_be_visible()
    expect_still(compared)
    compared.evaluate(
        """keys => { window.redrawn = {};
        for (const key of keys)
          document.querySelector(`.st-key-${key} .cnnlab-plot`)
            .on("plotly_afterplot", () => { window.redrawn[key] = true; }); }""",
        keys,
    )
    choose(compared, "cost", "Multiply-adds for an image")
    compared.wait_for_function("() => window.redrawn.pareto")
    assert compared.evaluate("Object.keys(window.redrawn)") == ["pareto"]


def test_what_this_page_needs_is_in_the_browser_before_it_is_opened(open_page):
    page = open_page()
    for script in ("DataFrame", "cnnlab/plotly.min.js"):
        link = page.locator(f'link[rel="prefetch"][href*="{script}"]').first
        expect(link).to_be_attached()
        assert page.request.get(link.evaluate("link => link.href")).ok
