"""A study from its start to its sentence, and a closer look at one of its pairs."""

import re

from playwright.sync_api import expect

from tests.browser.test_browser import PHONE, button, expect_no_scrolling_sideways

MINUTES = 180_000  # milliseconds: six trainings of a moment, each with its set-up
TINY = "v=1&same_blocks=false&filters_1=4&filters_2=4&dense_units=8&units=8&images=300&epochs=2&batch_size=64"


def test_a_study_of_three_seeds_ends_in_its_sentence_and_survives_a_reload(open_page):
    page = open_page(f"studies?{TINY}&seed=41")
    expect(button(page, "study_start")).to_be_enabled(timeout=60_000)
    slider = page.locator(".st-key-study_seeds").get_by_role("slider")
    slider.focus()
    for _ in range(2):
        slider.press("ArrowLeft")
    expect(page.get_by_text("6 trainings of 300 images, 2 epochs each")).to_be_visible()
    button(page, "study_start").click()
    expect(page.get_by_text(re.compile(r"^\d of 6 trained"))).to_be_visible()
    page.reload()

    expect(page.get_by_text("6 of 6 trained")).to_be_visible(timeout=MINUTES)
    expect(page.get_by_text(re.compile(r"^Over 3 seeds, "))).to_be_visible()
    expect(page.get_by_text("With only 3 seeds")).to_be_visible()
    expect(page.get_by_role("heading", name="Result", exact=True)).to_be_visible()
    expect(page.locator(".st-key-study_bands .plot-container")).to_be_visible()
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    expect_no_scrolling_sideways(page)

    # A click on a link that is drawn again at that moment would be lost.
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    page.get_by_test_id("stMain").get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="Compare", level=1)).to_be_visible()
    expect(page.get_by_text("CNN 4-4, seed 41").first).to_be_visible()
    expect(page.get_by_text("Dense 8, seed 41").first).to_be_visible()
