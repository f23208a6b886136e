"""Makes the README's pictures anew, from a dashboard of its own: `python -m tests.pictures`, two minutes.

It trains the lab's two networks on the sample, photographs the pages in Chromium, and writes the files beside
this script, in few colours, so that they stay small.
"""

import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.benchmarks.stopwatch import first_comparison
from tests.browser.conftest import PATIENCE, chromium, dashboard

FOLDER = Path(__file__).parent
SIZE = {"width": 1440, "height": 900}
COLORS = 128
MINUTE = 60_000  # milliseconds
SETTLED = 3_000


def main() -> None:
    """One picture after the other."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = chromium(playwright)
        expect.set_options(timeout=PATIENCE)
        with dashboard(Path(folder) / "server.log") as address:
            page = browser.new_page(viewport=SIZE)
            first_comparison(page, address)
            _keep(page, "lab")
            page.goto(f"{address}/inside")
            page.locator(".st-key-section").get_by_text("Filters", exact=True).click()
            expect(page.locator(".st-key-wall_conv_1 .cnnlab-card").first).to_be_visible(timeout=MINUTE)
            page.locator(".st-key-section").scroll_into_view_if_needed()
            page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 300)")
            _keep(page, "inside")
            page.goto(f"{address}/learn?lesson=4-parameters")
            page.get_by_label("Your answer").fill("36928")
            page.get_by_label("Your answer").press("Enter")
            expect(page.get_by_text("Right: 36,928.")).to_be_visible()
            _keep(page, "learn")
            page.goto(f"{address}/compare")
            expect(page.locator(".st-key-verdict")).to_be_visible(timeout=MINUTE)
            _keep(page, "compare")
        browser.close()


def _keep(page: Page, name: str) -> None:
    """Writes what is in the window."""
    page.wait_for_timeout(SETTLED)
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLORS).save(path, optimize=True)


if __name__ == "__main__":
    main()
