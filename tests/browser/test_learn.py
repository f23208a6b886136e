"""The page Learn by keyboard, by mouse and on a phone; an exercise from its prediction to its verdict."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_browser import (
    PATIENCE_WITH_TRAINER,
    PHONE,
    button,
    control,
    expect_no_scrolling_sideways,
    expect_still,
)

MINUTES = 180_000  # milliseconds: ten trainings of a moment, each with its set-up
ANSWERS = ("100480", "10", "26", "36928", "5", "1600")  # of the first six steps, with the lab's settings
TINY = "v=1&same_blocks=true&filters=4&dense_units=8&units=8&images=300&epochs=1&batch_size=64"


def answer(page: Page, number: str) -> None:
    """Types an answer and presses Enter."""
    field = page.get_by_label("Your answer")
    # Until the step has been drawn, the field is that of the step before, or has no button to submit it.
    expect(page.get_by_role("button", name="Show the answer")).to_be_visible()
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()
    expect(field).to_have_count(1)
    field.fill(number)
    field.press("Enter")


def test_the_seven_steps_are_walked_by_keyboard_alone(open_page):
    page = open_page("learn")
    for number in ANSWERS:
        answer(page, number)
        expect(page.get_by_text(f"Right: {int(number):,}.")).to_be_visible()
        before = page.get_by_role("heading", level=3).inner_text()
        button(page, "learn_next").press("Enter")
        expect(page.get_by_role("heading", level=3)).not_to_have_text(before)
    expect(page.get_by_role("heading", level=3)).to_have_text("The comparison")
    expect(page).to_have_url(re.compile("lesson=7-comparison"))


def test_a_slider_that_is_moved_in_the_middle_of_a_lesson_changes_its_numbers(open_page):
    page = open_page("learn?lesson=4-parameters")
    expect(page.get_by_role("heading", name="Why 640 and 36,928?")).to_be_visible()
    answer(page, "36928")
    expect(page.get_by_text("Right: 36,928.")).to_be_visible()
    control(page, "kernel_size").get_by_role("slider").press("ArrowRight")
    expect(page.get_by_role("heading", name="Why 1,088 and 65,600?")).to_be_visible()
    expect(page.get_by_text("You said 36,928. It is 65,600.")).to_be_visible()
    button(page, "learn_set").click()
    expect(page.get_by_text("Right: 36,928.")).to_be_visible()


def test_each_step_and_the_cards_fit_a_phone(open_page):
    page = open_page("learn", size=PHONE, color_scheme="dark")
    for number in range(1, 8):
        page.locator(".st-key-learn_steps").get_by_role("button", name=str(number), exact=True).click()
        expect(page).to_have_url(re.compile(f"lesson={number}-"))
        expect(page.locator(".st-key-learn_network .plot-container")).to_be_visible()
        expect_no_scrolling_sideways(page)
    page.get_by_text("Exercises", exact=True).click()
    expect(page.get_by_text("Half the filters").first).to_be_visible()
    expect_no_scrolling_sideways(page)


def test_an_exercise_goes_from_a_prediction_to_the_verdict_of_its_study(open_page):
    page = open_page(f"learn?lesson=03-without-the-last-convolution&{TINY}")
    control(page, "own_settings_in_exercises").get_by_text("Begin with my settings").click()
    expect(page.get_by_text("What do you expect of CNN 64, against CNN 4-4?")).to_be_visible()
    expect(button(page, "exercise_start")).to_be_disabled()
    page.get_by_text("No difference", exact=True).click()
    expect(button(page, "exercise_start")).to_be_enabled(timeout=PATIENCE_WITH_TRAINER)
    button(page, "exercise_start").click()
    expect(page.get_by_text(re.compile(r"^\d+ of 10 trained"))).to_be_visible(timeout=MINUTES)
    expect(page.get_by_text(re.compile(r"^You said: no difference\. 5 seeds say: "))).to_be_visible(
        timeout=MINUTES
    )
    expect(page.get_by_text(re.compile("^Over 5 seeds, "))).to_be_visible()


@pytest.mark.parametrize("lesson", ["figure", "overfitting", "challenge"])
def test_each_other_part_opens_by_its_address(lesson, open_page):
    page = open_page(f"learn?lesson={lesson}")
    expect(page.get_by_role("heading", name="Learn")).to_be_visible()
    expect_still(page)
    assert not page.get_by_test_id("stException").count()
