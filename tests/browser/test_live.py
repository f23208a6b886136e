"""What happens while networks train: curves that grow in place, and orders."""

import contextlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, TimeoutError, expect

from tests.browser.conftest import PATIENCE
from tests.browser.test_browser import (
    LONG,
    PATIENCE_WITH_TRAINER,
    PHONE,
    button,
    control,
    expect_curves,
    expect_no_scrolling_sideways,
    points_drawn,
    state,
    train,
)

QUICK = f"{LONG}&images=4000&batch_size=1"  # minutes in all, even for the dense network
STEPS = 3600  # an epoch
NETWORKS = ("CNN 8-8", "Dense 128")
NODE = "document.querySelector('.cnnlab-plot')"
# The plot once it is drawn; between two states of the page it may be missing for a moment.
NOTHING = """{calcdata: [], data: [], _fullData: [],
  _fullLayout: {xaxis: {range: [], title: {}}, annotations: []}}"""
PLOT = f"({NODE}?._fullLayout?.xaxis && {NODE}.calcdata ? {NODE} : {NOTHING})"


@pytest.fixture(scope="module")
def under_way(window: BrowserContext, server: str) -> Iterator[None]:
    """A comparison that trains as long as the tests here look at it."""
    with tab(window, f"{server}/?{QUICK}") as page:
        train(page)
        expect_training(page)
    yield
    with tab(window, f"{server}/?{QUICK}") as page:
        button(page, "stop").click()
        expect(button(page, "stop")).to_be_disabled(timeout=PATIENCE_WITH_TRAINER)


@contextlib.contextmanager
def tab(window: BrowserContext, address: str) -> Iterator[Page]:
    page = window.new_page()
    page.goto(address)
    yield page
    page.close()


def expect_training(page: Page) -> None:
    """Both networks train; their curves are drawn, and not those of the comparison before."""
    for network in NETWORKS:
        under_way = state(page, network).filter(has_text="training on")
        expect(under_way).to_have_count(1, timeout=PATIENCE_WITH_TRAINER)
        expect(state(page, network)).to_have_count(1)
    expect_curves(page, *NETWORKS)


@pytest.fixture
def training(open_page, under_way) -> Page:
    """The lab with the comparison under way."""
    page = open_page(f"?{QUICK}")
    expect_training(page)
    return page


@pytest.fixture
def paused(training) -> Iterator[Page]:
    """The lab with the comparison paused and all curves drawn; it goes on at the end."""
    button(training, "pause").click()
    for network in NETWORKS:
        expect(state(training, network)).to_contain_text("paused")
    assert comes_to_rest(training)
    yield training
    button(training, "resume").click()
    expect_training(training)


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


def expect_lines(page: Page, counts: dict[str, int]) -> None:
    """So many lines of each name are drawn and not hidden, in both panels together."""
    page.wait_for_function(
        f"""counts => {{
          const lines = {PLOT}._fullData.filter(line => line.visible === true);
          return lines.length && Object.entries(counts).every(
            ([name, count]) => lines.filter(line => line.name === name).length === count);
        }}""",
        arg=counts,
    )


def zoom_into_the_curves(page: Page) -> list[float]:
    """Drags over the middle of the upper panel; returns the new range.

    A figure that is drawn anew in the middle of a drag ends it, so that a person has to drag again.
    """
    before = x_range(page)
    zoomed = f"left => {PLOT}._fullLayout.xaxis.range[0] > left"
    for patience in (2_000, 4_000, 8_000, PATIENCE):
        box = page.locator(".cnnlab-plot .nsewdrag").first.bounding_box()
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
        page.mouse.up()
        with contextlib.suppress(TimeoutError):
            page.wait_for_function(zoomed, arg=before[0], timeout=patience)
            return x_range(page)
    raise AssertionError("the curves were not zoomed into")


def open_section(page: Page, title: str) -> None:
    page.get_by_test_id("stSidebar").get_by_text(title, exact=True).click()


def test_zoom_and_hidden_lines_survive_what_is_added(training):
    hidden = "Dense 128, training"
    training.evaluate(f"() => {{ window.plot = {NODE} }}")
    training.locator(".cnnlab-plot .traces").filter(has_text=hidden).locator(".legendtoggle").click()
    training.wait_for_function(
        f"name => {PLOT}.data.some(line => line.name === name && line.visible === 'legendonly')", arg=hidden
    )
    zoomed = zoom_into_the_curves(training)

    expect_more_points(training)
    control(training, "smoothing").get_by_role("slider").press("End")  # adds lines between the others
    training.wait_for_function(f"() => {PLOT}.calcdata.some(line => line[0].trace.name.endsWith('raw'))")
    expect_more_points(training)
    training.wait_for_function(f"() => window.plot === {NODE} && window.plot.isConnected")
    training.wait_for_function(
        f"zoomed => {PLOT}._fullLayout.xaxis.range.join() === zoomed.join()", arg=zoomed
    )
    expect_lines(training, {hidden: 0, "Dense 128, validation": 2, "CNN 8-8, training": 2})


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


def test_smoothing_and_the_time_axis_change_what_is_drawn(paused):
    control(paused, "smoothing").get_by_role("slider").press("End")
    for network in NETWORKS:
        expect_lines(paused, {f"{network}, training": 2, f"{network}, training, raw": 2})
    by_epoch = x_range(paused)[1]
    for choice, title in {"step": "Step", "images": "Images seen", "seconds": "Seconds"}.items():
        control(paused, "x_axis").get_by_text(choice, exact=True).click()
        paused.wait_for_function(f"title => {PLOT}._fullLayout.xaxis.title.text === title", arg=title)
        if choice == "step":  # the title stands before the range does
            paused.wait_for_function(
                f"last => Math.abs({PLOT}._fullLayout.xaxis.range[1] / last - 1) < 0.1", arg=by_epoch * STEPS
            )


def test_the_lab_on_a_phone_has_every_button_in_reach_while_it_trains(training, open_page):
    page = open_page(size=PHONE)
    expect_curves(page, *NETWORKS)
    expect_no_scrolling_sideways(page)
    for key in ("pause", "stop"):
        button(page, key).click(trial=True)
    page.get_by_role("button", name="More").click()
    for key in ("train", "step", "rewind", "new_seed"):
        button(page, key).scroll_into_view_if_needed()
        box = button(page, key).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE[0], key
