"""How much the pages move while they are drawn: the cumulative layout shift, as browsers define it.

To be run by hand, from the folder of the README: `python -m tests.benchmarks.layout_shift`. It trains one
small comparison, opens every page at three sizes in fresh tabs, which takes six minutes, prints the table
as markdown, and ends with status 1 where a page moves more than the target.
"""

import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import BrowserContext, expect, sync_playwright

from tests.benchmarks.stopwatch import first_comparison
from tests.browser.conftest import PATIENCE, chromium, dashboard

PAGES = ("", "learn", "inside", "compare", "studies", "runs", "run")
SIZES = {"1440×900": (1440, 900), "1024×768": (1024, 768), "390×844": (390, 844)}
ROUNDS = 2
TARGET = 0.1
SETTLED = 4_000  # milliseconds
# The largest sum of shifts in a window of at most 5 s without a gap of 1 s: https://web.dev/articles/cls
COLLECT = """
  window.shifts = [];
  new PerformanceObserver(list => {
    for (const { startTime, value, hadRecentInput } of list.getEntries())
      if (!hadRecentInput) window.shifts.push([startTime, value]);
  }).observe({ type: "layout-shift", buffered: true });
"""


def main() -> None:
    """Measures, prints, judges."""
    found: dict[str, dict[str, float]] = {page: {} for page in PAGES}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = chromium(playwright)
        expect.set_options(timeout=PATIENCE)
        with dashboard(Path(folder) / "server.log") as address:
            first_comparison(browser.new_page(), f"{address}/?filters=8&images=1000&epochs=2")
            for name, (width, height) in SIZES.items():
                context = browser.new_context(viewport={"width": width, "height": height})
                context.add_init_script(COLLECT)
                for page in PAGES:
                    shifts = [_shift(context, f"{address}/{page}") for _ in range(ROUNDS + 1)]
                    found[page][name] = statistics.median(shifts[1:])  # the first one fills the cache
                context.close()
        browser.close()
    print("| page | " + " | ".join(SIZES) + " |\n| --- |" + " --- |" * len(SIZES))
    for page, by_size in found.items():
        print(f"| {page or 'lab'} | " + " | ".join(f"{value:.3f}" for value in by_size.values()) + " |")
    sys.exit(any(value >= TARGET for by_size in found.values() for value in by_size.values()))


def _shift(context: BrowserContext, address: str) -> float:
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_test_id("stMain").get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_timeout(SETTLED)
    shifts = page.evaluate("window.shifts")
    page.close()
    return largest_window(shifts)


def largest_window(shifts: list[tuple[float, float]]) -> float:
    """The largest sum of values, each with its milliseconds, in one session window."""
    largest = total = 0.0
    first = last = -float("inf")
    for moment, value in shifts:
        if moment - last > 1000 or moment - first > 5000:
            first, total = moment, 0.0
        last, total = moment, total + value
        largest = max(largest, total)
    return largest


if __name__ == "__main__":
    main()
