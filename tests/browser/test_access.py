"""What people who see little, or use no mouse, could not read or reach, as axe-core finds it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.test_browser import expect_still

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


def violations(page: Page) -> list[str]:
    """What axe-core finds that is serious or worse, one line each with the elements."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['id']}: {', '.join(node['html'][:120] for node in rule['nodes'][:4])}"
        for rule in found
        if rule["impact"] in GRAVE
    ]


@pytest.mark.parametrize("path", SECTIONS)
def test_a_page_and_its_sections_have_no_serious_violation(path, open_page, comparison):
    page = open_page(path)
    for section in ("", *SECTIONS[path]):
        if section:
            page.get_by_test_id("stMain").get_by_text(section, exact=True).first.click()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            expect_still(page, 500)  # with what it has the workers measure
            assert violations(page) == [], f"{section} {scheme}"
