"""From a fresh server to the first trained comparison: what a newcomer has to do."""

from playwright.sync_api import BrowserContext, expect

from tests.benchmarks.stopwatch import first_comparison
from tests.browser.conftest import dashboard


def test_one_click_after_opening_trains_the_first_comparison_up_to_the_shift_sentence(
    window: BrowserContext, tmp_path
):
    with dashboard(tmp_path / "server.log") as address:
        page = window.new_page()
        clicks = first_comparison(page, f"{address}/?images=500&epochs=1")
        assert clicks == 1, "besides opening the page"
        expect(page).to_have_url(f"{address}/?v=1&images=500&epochs=1")
        page.close()
