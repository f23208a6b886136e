import contextlib
import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PATIENCE

ADDRESSES = {"lab": "", "inside": "inside"}
PHONE = (390, 844)
PATIENCE_WITH_TRAINER = 120_000  # milliseconds until the workers are warm, or a short training has ended
SHORT = "images=500&epochs=1"
LONG = "filters=8&epochs=500"  # minutes
# Whether the page has been still for so many milliseconds: no script runs, nothing is out of date or moves.
STILL = """milliseconds => {
  const moves = document.getAnimations().some(animation => animation.playState === "running");
  const drawn = document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]")
    && !document.querySelector("[data-stale=true], [data-testid=stSpinner], [data-testid=stSkeleton]");
  window.stillSince = drawn && !moves ? window.stillSince ?? performance.now() : undefined;
  return window.stillSince !== undefined && performance.now() - window.stillSince >= milliseconds;
}"""


def control(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key}")


def button(page: Page, key: str) -> Locator:
    return control(page, key).get_by_role("button")


def state(page: Page, network: str) -> Locator:
    """The line that says how far a network is: 'CNN 8-8 · training on CPU · 9 s left'."""
    return page.get_by_test_id("stMarkdown").filter(has_text=re.compile(rf"^{network}.* · "))


def expect_curves(page: Page, *networks: str) -> None:
    """The live plot shows training and validation of each network, in both panels."""
    names = [f"{network}, {kind}" for network in networks for kind in ("training", "validation")]
    page.wait_for_function(
        """names => {
          const lines = document.querySelector(".cnnlab-plot")?.calcdata ?? [];
          const drawn = lines.map(line => line[0].trace.name)
          return names.every(name => drawn.filter(other => other === name).length === 2)
        }""",
        arg=names,
    )


def points_drawn(page: Page) -> int:
    drawn = page.wait_for_function("() => document.querySelector('.cnnlab-plot')?.calcdata?.flat().length")
    return drawn.json_value()


def tick_row(page: Page, row: int, then: Locator) -> None:
    """Ticks a row of the table until something shows; a canvas is deaf to a click while it is drawn."""
    box = {"x": 20, "y": 55 + 35 * row}
    for patience in (PATIENCE / 4, PATIENCE):
        expect_still(page)
        page.get_by_test_id("stDataFrame").click(position=box)
        with contextlib.suppress(AssertionError):
            expect(then).to_be_visible(timeout=patience)
            return
    expect(then).to_be_visible()


def train(page: Page) -> None:
    """Presses Train as soon as it can be pressed, and waits until the comparison is under way."""
    expect(button(page, "train")).to_be_enabled(timeout=PATIENCE_WITH_TRAINER)
    button(page, "train").click()
    expect(button(page, "stop")).to_be_enabled()


def expect_result(page: Page) -> None:
    expect(page.get_by_role("heading", name="Result")).to_be_visible(timeout=PATIENCE_WITH_TRAINER)


def expect_still(page: Page, milliseconds: int = 300) -> None:
    """The page has been drawn, and stays as it is for so long."""
    page.evaluate("() => { window.stillSince = undefined }")
    page.wait_for_function(STILL, arg=milliseconds, timeout=PATIENCE_WITH_TRAINER)


def expect_no_scrolling_sideways(page: Page) -> None:
    """The page fits the window's width; a figure does once it has been laid out."""
    page.wait_for_function("() => document.documentElement.scrollWidth <= window.innerWidth")


def expect_value(page: Page, key: str, value: str) -> None:
    """What a slider says."""
    expect(control(page, key).get_by_test_id("stSliderThumbValue")).to_have_text(value)


def expect_filters(page: Page, count: int) -> None:
    """A card for each filter of the first convolution: its kernel, its map, and what excites it."""
    pictures = page.locator(".st-key-wall_conv_1 .cnnlab-card img")
    expect(pictures).to_have_count(3 * count, timeout=PATIENCE_WITH_TRAINER)
    for picture in pictures.all()[:6]:
        page.wait_for_function("picture => picture.naturalWidth > 50", arg=picture.element_handle())


def expect_content(page: Page, name: str) -> None:
    if name == "lab":
        expect(page.locator(".cnnlab-summary")).to_have_count(2)
        expect(page.locator(".cnnlab-live-network")).to_have_count(2)
        expect_result(page)
        expect_curves(page, "Dense 32")
    else:
        expect(page.locator(".cnnlab-card").first).to_be_visible(timeout=PATIENCE_WITH_TRAINER)


def test_a_person_changes_the_network_trains_it_and_looks_at_its_filters(open_page):
    page = open_page(f"?{SHORT}")
    table = page.locator(".cnnlab-summary").first
    expect(table).to_contain_text("26×26×64")
    expect(table).to_contain_text("243,786")

    expect(button(page, "train")).to_be_enabled(timeout=PATIENCE_WITH_TRAINER)
    slider = control(page, "filters").get_by_role("slider")
    slider.press("Home")
    expect_value(page, "filters", "1")
    for value in ("2", "4", "8", "16", "24"):
        slider.press("ArrowRight")
        expect_value(page, "filters", value)
    expect(table).to_contain_text("26×26×24")
    expect(page).to_have_url(re.compile("filters=24"))

    train(page)
    expect_result(page)
    expect(page.get_by_text(re.compile("(same|of the) 2,000 test images")).first).to_be_visible()
    expect(page.get_by_text("times as many multiply-adds per image as").first).to_be_visible()
    expect_curves(page, "CNN 24-24", "Dense 128")

    page.get_by_role("link", name="Inside", exact=True).click()
    control(page, "section").get_by_text("Filters", exact=True).click()
    expect_filters(page, 24)


def test_pages_fit_a_phone_without_scrolling_sideways_and_are_dark_where_the_phone_is(open_page, comparison):
    for name, address in ADDRESSES.items():
        page = open_page(f"{address}?{comparison.inside}", size=PHONE, color_scheme="dark")
        expect_content(page, name)
        expect_no_scrolling_sideways(page)
        assert brightness(page, "backgroundColor") < 60, name
        assert brightness(page, "color") > 180, name


def brightness(page: Page, style: str) -> float:
    """The mean of red, green and blue, 0 to 255, of a colour of the page."""
    color = page.get_by_test_id("stApp").evaluate("(node, style) => getComputedStyle(node)[style]", style)
    red, green, blue = (int(number) for number in re.findall(r"\d+", color)[:3])
    return (red + green + blue) / 3


def test_a_training_grows_in_place_outlives_a_reload_shows_in_a_second_tab_and_can_be_stopped(open_page):
    first = open_page(f"?{LONG}")
    train(first)
    expect_curves(first, "CNN 8-8", "Dense 128")
    first.evaluate("() => { window.plot = document.querySelector('.cnnlab-plot') }")
    first.wait_for_function("points => window.plot.calcdata?.flat().length > points", arg=points_drawn(first))
    assert first.evaluate("() => window.plot.isConnected")

    first.reload()
    second = open_page()
    for page in (first, second):
        expect(state(page, "CNN 8-8")).to_contain_text("training on")
        expect_curves(page, "CNN 8-8", "Dense 128")
        expect(button(page, "train")).to_be_enabled()

    button(second, "stop").click()
    for page in (first, second):
        expect(state(page, "CNN 8-8")).to_contain_text("stopped")
        expect(state(page, "Dense 128")).to_contain_text("stopped")
        expect(button(page, "stop")).to_be_disabled()
