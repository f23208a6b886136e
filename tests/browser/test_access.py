"""What people who see little, or use no mouse, could not read or reach, as axe-core finds it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_browser import expect_result, train

SECTIONS = {
    "": [],
    "inside": [
        "Filters",
        "Weights",
        "Convolution",
        "Kernel by hand",
        "Pooling",
        "Why this class",
        "Templates against kernels",
    ],
    "compare": ["Where they differ", "Robustness", "Export"],
    "learn": ["Exercises", "Challenge", "The lab's figure", "Overfitting, seen"],
    "studies": [],
    "runs": [],
}
GRAVE = ("serious", "critical")


@pytest.fixture
def trained(open_page) -> None:
    """A comparison is stored; one is trained where there is none."""
    page = open_page("?filters=8&images=500&epochs=1")
    expect(page.locator(".cnnlab-live-network")).to_have_count(2)
    if page.get_by_text("Nothing has been trained yet").is_visible():
        train(page)
    expect_result(page)


def violations(page: Page) -> list[str]:
    """What axe-core finds that is serious or worse, one line each with the elements."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['id']}: {', '.join(node['html'][:120] for node in rule['nodes'][:4])}"
        for rule in found
        if rule["impact"] in GRAVE
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", SECTIONS)
def test_a_page_and_its_sections_have_no_serious_violation(path, scheme, open_page, trained):
    page = open_page(path, color_scheme=scheme)
    settle(page)
    assert violations(page) == []
    for section in SECTIONS[path]:
        page.get_by_test_id("stMain").get_by_text(section, exact=True).first.click()
        settle(page)
        assert violations(page) == [], section


def settle(page: Page) -> None:
    """Waits until the page has been drawn."""
    page.wait_for_timeout(500)
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()
    expect(page.get_by_test_id("stSpinner")).to_have_count(0)
    page.wait_for_timeout(300)
