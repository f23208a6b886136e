"""How long a newcomer waits: from opening a fresh dashboard to the first comparison and its shift sentence.

To be run by hand, from the folder of the README: `python -m tests.benchmarks.stopwatch`. It starts a server
with an empty store for each round, keeps nothing, prints a line of markdown, and ends with status 1 where
the target is missed. Times depend on the machine and on what else it does: quote them with both.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import DESKTOP, PATIENCE, chromium, dashboard

ROUNDS = 3
TARGET = 60.0  # seconds
LONGEST = 300_000  # milliseconds that one step may take


def main() -> None:
    """Measures, prints, judges."""
    opened, commanded = [], []
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        expect.set_options(timeout=PATIENCE)
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory() as folder:
                began = time.perf_counter()
                with dashboard(Path(folder) / "server.log") as address:
                    at_hand = time.perf_counter()
                    page = browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
                    first_comparison(page, address)
                    ended = time.perf_counter()
                    page.close()
            opened.append(ended - at_hand)
            commanded.append(ended - began)
        browser.close()
    print("| | seconds, median (lowest to highest) | target |\n| --- | --- | --- |")
    print(f"| from opening the page of a fresh server | {_in_words(opened)} | {TARGET:.0f} |")
    print(f"| from the command that starts it | {_in_words(commanded)} | |")
    sys.exit(statistics.median(opened) >= TARGET)


def _in_words(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.0f} ({min(seconds):.0f} to {max(seconds):.0f})"


def first_comparison(page: Page, address: str) -> int:
    """Opens the dashboard and presses Train; returns how many clicks led to the shift sentence."""
    page.goto(address)
    train = page.locator(".st-key-train button")
    expect(train).to_be_enabled(timeout=LONGEST)
    train.click()
    expect(page.get_by_role("heading", name="Result")).to_be_visible(timeout=LONGEST)
    expect(page.get_by_text("Shifted by 3 pixels").first).to_be_visible(timeout=LONGEST)
    return 1


if __name__ == "__main__":
    main()
