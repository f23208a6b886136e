"""What happens while networks train: curves that grow in place, orders, tweaks; and the address."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.test_browser import (
    LONG,
    PATIENCE_WITH_TRAINER,
    PHONE,
    button,
    control,
    expect_curves,
    expect_result,
    expect_value,
    points_drawn,
    state,
    train,
)

QUICK = f"{LONG}&images=1000&batch_size=1"  # epochs of a moment, minutes in all
SLOW = "filters=24&epochs=500"  # epochs of seconds
NODE = "document.querySelector('.cnnlab-plot')"
# The plot once it is drawn; between two states of the page it may be missing for a moment.
NOTHING = """{calcdata: [], data: [], _fullData: [],
  _fullLayout: {xaxis: {range: [], title: {}}, annotations: []}}"""
PLOT = f"({NODE}?._fullLayout?.xaxis && {NODE}.calcdata ? {NODE} : {NOTHING})"


@pytest.fixture
def training(open_page) -> Iterator[Page]:
    """The lab with a comparison under way, which is stopped at the end."""
    page = open_page(f"?{QUICK}")
    train(page)
    for network in ("CNN 8-8", "Dense 128"):  # not those of the comparison before
        under_way = state(page, network).filter(has_text="training on")
        expect(under_way).to_have_count(1, timeout=PATIENCE_WITH_TRAINER)
        expect(state(page, network)).to_have_count(1)
    expect_curves(page, "CNN 8-8", "Dense 128")
    yield page
    button(page, "stop").click()
    expect(button(page, "stop")).to_be_disabled()


def expect_more_points(page: Page) -> None:
    page.wait_for_function(
        f"points => {PLOT}.calcdata.flat().length > points",
        arg=points_drawn(page),
    )


def comes_to_rest(page: Page) -> bool:
    """Whether the curves stop to grow; the last values are stored and drawn after the order."""
    for _ in range(10):
        held = points_drawn(page)
        page.wait_for_timeout(1000)  # four polls
        if points_drawn(page) == held:
            return True
    return False


def x_range(page: Page) -> list[float]:
    x_axis = f"{PLOT}._fullLayout.xaxis"
    drawn = page.wait_for_function(f"() => {x_axis}.range.length && {x_axis}.range")
    return drawn.json_value()


def names_drawn(page: Page) -> list[str]:
    """The names of the lines that are not hidden, panel by panel."""
    return page.evaluate(
        f"() => {PLOT}._fullData.filter(line => line.visible === true).map(line => line.name)"
    )


def drag_over_the_curves(page: Page) -> None:
    """Zooms into the middle of the upper panel."""
    box = page.locator(".cnnlab-plot .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
    page.mouse.up()


def open_section(page: Page, title: str) -> None:
    page.get_by_test_id("stSidebar").get_by_text(title, exact=True).click()


def test_zoom_and_hidden_lines_survive_what_is_added(training):
    hidden = "Dense 128, training"
    training.evaluate(f"() => {{ window.plot = {NODE} }}")
    before = x_range(training)
    training.locator(".cnnlab-plot .traces").filter(has_text=hidden).locator(".legendtoggle").click()
    training.wait_for_function(
        f"name => {PLOT}.data.some(line => line.name === name && line.visible === 'legendonly')", arg=hidden
    )
    drag_over_the_curves(training)
    training.wait_for_function(f"range => {PLOT}._fullLayout.xaxis.range[0] > range[0]", arg=before)
    zoomed = x_range(training)

    expect_more_points(training)
    control(training, "smoothing").get_by_role("slider").press("End")  # adds lines between the others
    training.wait_for_function(f"() => {PLOT}.calcdata.some(line => line[0].trace.name.endsWith('raw'))")
    expect_more_points(training)
    training.wait_for_function(f"() => window.plot === {NODE} && window.plot.isConnected")
    training.wait_for_function(
        f"zoomed => {PLOT}._fullLayout.xaxis.range.join() === zoomed.join()", arg=zoomed
    )
    drawn = names_drawn(training)
    assert hidden not in drawn
    assert drawn.count("Dense 128, validation") == drawn.count("CNN 8-8, training") == 2


def test_a_pause_holds_the_curves_and_resume_lets_them_go_on(training):
    button(training, "pause").click()
    expect(state(training, "CNN 8-8")).to_contain_text("paused")
    expect(state(training, "Dense 128")).to_contain_text("paused")
    assert comes_to_rest(training)

    button(training, "step").click()
    expect_more_points(training)
    expect(state(training, "CNN 8-8")).to_contain_text("paused")
    button(training, "resume").click()
    expect(state(training, "CNN 8-8")).to_contain_text("training on")
    expect_more_points(training)


def test_a_new_learning_rate_marks_the_curves_of_a_training_that_goes_on(training):
    open_section(training, "Training")
    field = control(training, "learning_rate").get_by_role("spinbutton")
    field.fill("0.004")
    field.press("Enter")
    training.wait_for_function(
        f"() => {PLOT}._fullLayout.annotations.some(note => note.text === 'learning rate 0.004')"
    )
    expect(state(training, "CNN 8-8")).to_contain_text("training on")
    expect_more_points(training)


def test_smoothing_and_the_time_axis_change_what_is_drawn(training):
    button(training, "pause").click()
    for network in ("CNN 8-8", "Dense 128"):
        expect(state(training, network)).to_contain_text("paused")
    control(training, "smoothing").get_by_role("slider").press("End")
    training.wait_for_function(f"() => {PLOT}.calcdata.some(line => line[0].trace.name.endsWith('raw'))")
    drawn = names_drawn(training)
    for network in ("CNN 8-8", "Dense 128"):
        assert drawn.count(f"{network}, training") == drawn.count(f"{network}, training, raw") == 2

    by_epoch = x_range(training)[1]
    for choice, title in {"step": "Step", "images": "Images seen", "seconds": "Seconds"}.items():
        control(training, "x_axis").get_by_text(choice, exact=True).click()
        training.wait_for_function(f"title => {PLOT}._fullLayout.xaxis.title.text === title", arg=title)
        if choice == "step":  # the title stands before the range does
            training.wait_for_function(
                f"last => Math.abs({PLOT}._fullLayout.xaxis.range[1] / last - 1) < 0.1", arg=by_epoch * 900
            )


def test_the_lab_on_a_phone_has_every_button_in_reach_while_it_trains(training, open_page):
    page = open_page(size=PHONE)
    expect_curves(page, "CNN 8-8", "Dense 128")
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    for key in ("pause", "stop"):
        button(page, key).click(trial=True)
    page.get_by_role("button", name="More").click()
    for key in ("train", "step", "rewind", "new_seed"):
        button(page, key).scroll_into_view_if_needed()
        box = button(page, key).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE[0], key


def test_a_tweak_trains_anew_beside_the_ghost_of_what_it_superseded(open_page):
    page = open_page(f"?{SLOW}&tweak=true")
    train(page)
    expect_curves(page, "CNN 24-24")
    slider = control(page, "filters").get_by_role("slider")
    slider.press("ArrowRight")
    expect(state(page, "CNN 32-32")).to_be_visible()
    page.wait_for_function(
        f"() => {PLOT}.data.some(line => line.name === 'CNN 24-24, training' && line.opacity < 0.5)"
    )
    for _ in range(3):
        slider.press("ArrowRight")
    expect(state(page, "CNN 96-96")).to_contain_text("training on")
    open_section(page, "Devices")
    devices = page.get_by_test_id("stSidebar").get_by_test_id("stCaptionContainer")
    trained = devices.filter(has_text="trains CNN")
    expect(trained).to_have_count(1)
    expect(trained).to_contain_text("trains CNN 96-96")
    button(page, "stop").click()
    expect_result(page)


@pytest.fixture
def other_browser(window: BrowserContext, server: str) -> Iterator[Page]:
    """A page in a browser that shares nothing with the others."""
    context = window.browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()


def test_an_address_brings_page_and_settings_to_another_browser_and_tells_what_it_ignored(
    server, other_browser
):
    asked = "v=1&filters=24&kernel_size=99&depth=https://a.example&pooling=min&learning_rate=0.025&same_blocks=true"
    other_browser.goto(f"{server}/train?{asked}")
    expect(other_browser.get_by_role("heading", level=1, name="Lab")).to_be_visible()
    note = other_browser.get_by_test_id("stSidebar").get_by_test_id("stAlert")
    expect(note).to_contain_text(
        "'kernel_size=99' in the address was ignored: Kernel size must be a whole number from 1 to 11."
    )
    expect(note).to_contain_text("a.example' in the address was ignored: there is no such setting.")
    expect(note.get_by_role("link")).to_have_count(0)
    for key, value in {"filters": "24", "kernel_size": "3"}.items():
        expect_value(other_browser, key, value)
    open_section(other_browser, "Network")
    expect(control(other_browser, "pooling").get_by_role("combobox")).to_have_value("min")
    open_section(other_browser, "Training")
    expect(control(other_browser, "learning_rate").get_by_role("spinbutton")).to_have_value("0.025")
    expect(other_browser).to_have_url(re.compile(r"/train\?v=1&filters=24&pooling=min&learning_rate=0\.025$"))


def filters_of(page: Page) -> Locator:
    return control(page, "filters").get_by_role("slider")


def entries(page: Page) -> int:
    return page.evaluate("history.length")


def at(page: str, filters: int) -> re.Pattern[str]:
    """An address that may also name the newest study, once a page has shown one."""
    return re.compile(rf"/{page}\?v=1&filters={filters}(&study=\w+)?$")


def test_a_slider_leaves_one_entry_and_back_and_forward_bring_each_pages_settings(server, other_browser):
    page = other_browser
    page.goto(f"{server}/?v=1&filters=16")
    expect_value(page, "filters", "16")
    page.wait_for_function("history.pushState.cnnlab === true")  # the script comes with the sidebar
    before = entries(page)
    for value in ("24", "32", "48", "96"):
        if value == "96":
            filters_of(page).press("ArrowRight")  # over 64, which the address leaves out
        filters_of(page).press("ArrowRight")
        expect(page).to_have_url(f"{server}/?v=1&filters={value}")
    assert entries(page) == before
    page.get_by_role("link", name="Studies", exact=True).click()
    expect(page).to_have_url(at("studies", 96))
    filters_of(page).press("ArrowRight")
    expect(page).to_have_url(at("studies", 128))
    assert entries(page) == before + 1
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Lab")).to_be_visible()
    expect_value(page, "filters", "96")
    expect(page).to_have_url(at("", 96))
    page.go_forward()
    expect(page.get_by_role("heading", level=1, name="Studies")).to_be_visible()
    expect_value(page, "filters", "128")
    expect(page).to_have_url(at("studies", 128))
    page.goto(f"{server}/?v=1&filters=40")  # edited by hand
    expect_value(page, "filters", "40")
    page.go_back()
    expect_value(page, "filters", "128")


def test_copy_link_copies_the_address_that_the_controls_have_made(server, other_browser):
    other_browser.goto(server)
    control(other_browser, "filters").get_by_role("slider").press("ArrowLeft")
    expect(other_browser).to_have_url(f"{server}/?v=1&filters=48")
    copy = other_browser.get_by_role("button", name="Copy link")
    copy.click()
    expect(other_browser.get_by_role("button", name="Link copied")).to_be_visible()
    assert other_browser.evaluate("() => navigator.clipboard.readText()") == other_browser.url
