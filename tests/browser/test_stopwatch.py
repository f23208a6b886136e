"""From a fresh server to the first trained comparison: what a newcomer has to do, and that nothing jumps."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.benchmarks.stopwatch import first_comparison
from tests.browser.conftest import DESKTOP, dashboard
from tests.browser.test_access import settle
from tests.browser.test_browser import expect_result

# Adds up what moved without a person's doing, as browsers define it (web.dev/articles/cls), in its worst
# window of at most five seconds with pauses of less than one.
OBSERVE_SHIFTS = """() => {
  window.shifts = [];
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) {
      if (!entry.hadRecentInput) window.shifts.push([entry.startTime, entry.value]);
    }
  }).observe({ type: "layout-shift", buffered: true });
}"""
WORST_WINDOW = """() => {
  let worst = 0, sum = 0, first = 0, last = -Infinity;
  for (const [time, value] of window.shifts) {
    if (time - last > 1000 || time - first > 5000) { sum = 0; first = time; }
    sum += value; last = time; worst = Math.max(worst, sum);
  }
  return worst;
}"""
MOST_SHIFT = 0.1  # "good", by the same definition


def test_one_click_after_opening_trains_the_first_comparison_up_to_the_shift_sentence(
    window: BrowserContext, tmp_path
):
    with dashboard(tmp_path / "server.log") as address:
        page = window.new_page()
        clicks = first_comparison(page, f"{address}/?images=500&epochs=1")
        assert clicks == 1, "besides opening the page"
        expect(page).to_have_url(f"{address}/?v=1&images=500&epochs=1")
        page.close()


@pytest.fixture
def trained(open_page) -> None:
    """A comparison is stored; one is trained where there is none."""
    page = open_page("?filters=8&images=500&epochs=1")
    expect(page.locator(".cnnlab-live-network")).to_have_count(2)
    if page.get_by_text("Nothing has been trained yet").is_visible():
        page.locator(".st-key-train button").click()
    expect_result(page)


@pytest.mark.parametrize("path", ["", "inside", "compare", "studies", "runs", "run"])
def test_nothing_on_a_page_jumps_while_it_is_drawn(path, open_page, trained):
    page = open_page(path, size=DESKTOP)
    assert shifts(page) < MOST_SHIFT


def shifts(page: Page) -> float:
    """The page's cumulative layout shift so far."""
    page.evaluate(OBSERVE_SHIFTS)
    settle(page)
    page.wait_for_timeout(1500)
    return page.evaluate(WORST_WINDOW)
