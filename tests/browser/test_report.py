"""Reports and figures that were taken away, opened where there is no network."""

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from cnnlab.comparison.section import Figure, Section, Table
from cnnlab.evidence.finding import Finding
from cnnlab.export.report import html
from cnnlab.views.figures.confusion import confusion_figure
from tests.browser.conftest import watch
from tests.browser.test_browser import PHONE, button, control, expect_no_scrolling_sideways

TITLES = ("a <b>class</b>", "trousers", "</script>")


@pytest.fixture
def offline(window: BrowserContext) -> Iterator[Callable[..., Page]]:
    """Opens a file without a network; in the end nothing may have failed or been asked of a host."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []
    asked: list[str] = []

    def opened(file: Path, size: tuple[int, int] = (1200, 900), color_scheme: str = "light") -> Page:
        context = window.browser.new_context(
            offline=True, viewport={"width": size[0], "height": size[1]}, color_scheme=color_scheme
        )
        contexts.append(context)
        page = context.new_page()
        watch(page, errors)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []
    assert not [address for address in asked if not address.startswith(("file:", "data:", "blob:"))]


def drawn(page: Page, count: int) -> None:
    """Waits until this many figures have their axes and data."""
    page.wait_for_function(
        "count => [...document.querySelectorAll('.drawn')].filter(node => node.calcdata?.length &&"
        " node.querySelector('.main-svg .cartesianlayer .subplot')).length === count",
        arg=count,
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with the kinds of figures that comparisons have, and with words that could break it."""
    traces = [
        {"type": "scatter", "name": title, "x": [0, 1, 2], "y": [place, 1, 2]}
        for place, title in enumerate(TITLES)
    ]
    lines = go.Figure(traces, {"height": 300, "xaxis": {"title": {"text": "Epoch"}}})
    cells = confusion_figure(np.eye(3, dtype=int) * 7 + 1, TITLES)
    table = pd.DataFrame({f"A column with a long name {number}": [number / 3] for number in range(9)})
    section = Section(
        "Loss",
        (Finding(("CNN",), "Better", grounds=("By far.",)),),
        tables=(Table("Wide", table),),
        figures=(Figure("Lines", lines, "Three lines"),),
    )
    other = Section("Confusion", figures=(Figure("Cells", cells, "A matrix"),))
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(html("A report", [section, other]), "utf-8")
    return file


def test_a_report_draws_its_figures_without_a_network(offline, report):
    page = offline(report)
    drawn(page, 2)
    expect(page.get_by_role("img", name="Three lines")).to_be_visible()
    expect(page.get_by_role("navigation")).to_contain_text("Confusion")
    expect(page.locator("strong")).to_have_text("Better")


def test_its_figures_react_and_offer_no_upload(offline, report):
    page = offline(report)
    drawn(page, 2)
    figure = page.get_by_role("img", name="Three lines")
    box = figure.locator(".nsewdrag").bounding_box()
    for share in (0.4, 0.5):  # all three lines meet in the middle
        page.mouse.move(box["x"] + share * box["width"], box["y"] + share * box["height"])
    expect(figure.locator(".hoverlayer .hovertext").first).to_be_visible()
    figure.locator(".legendtoggle").first.click()
    page.wait_for_function("() => document.querySelector('.drawn').data[0].visible === 'legendonly'")
    expect(figure.get_by_role("button", name="Zoom in")).to_have_count(1)
    expect(figure.get_by_role("button", name="Share")).to_have_count(0)


@pytest.mark.parametrize(
    ("scheme", "text"), [("light", "rgb(29, 39, 51)"), ("dark", "rgb(230, 234, 240)")], ids=["light", "dark"]
)
def test_a_report_follows_the_readers_theme_and_fits_a_phone(offline, report, scheme, text):
    page = offline(report, size=PHONE, color_scheme=scheme)
    drawn(page, 2)
    expect_no_scrolling_sideways(page)
    title = page.locator(".xtitle").first
    expect(title).to_have_css("fill", text)
    other = "dark" if scheme == "light" else "light"
    page.emulate_media(color_scheme=other)
    expect(title).not_to_have_css("fill", text)


@pytest.fixture
def take_away(open_page, comparison) -> Page:
    """The section Export of the page Compare, on a comparison that has been trained."""
    page = open_page(f"compare?{comparison.compare}")
    control(page, "compare_section").get_by_text("Export").click()
    return page


def downloaded(page: Page, press: Callable[[], None], folder: Path) -> Path:
    with page.expect_download() as download:
        press()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def test_the_comparison_is_downloaded_as_a_report_and_its_figures_as_pictures(take_away, offline, tmp_path):
    button(take_away, "prepare_report").click()
    file = downloaded(take_away, button(take_away, "take_all_report_html").click, tmp_path)
    assert file.name == "comparison_report.html"
    opened = offline(file)
    figures = len(json.loads(opened.locator("#figures").text_content()))
    assert figures > 0
    drawn(opened, figures)
    for ending in ("PNG", "SVG"):
        press = take_away.get_by_role("button", name=f"as {ending}").click
        picture = downloaded(take_away, press, tmp_path)
        assert picture.suffix == f".{ending.lower()}"
        if ending == "PNG":
            colours = np.asarray(Image.open(picture).convert("RGB"))
            assert colours.shape[1] >= 3 * 720 and colours.std() > 1  # something is drawn
            assert (colours[0, 0] == 255).all()  # on white
        else:
            assert picture.read_text("utf-8").startswith("<svg") and "trace" in picture.read_text("utf-8")


def test_a_run_is_downloaded_as_a_bundle(take_away, tmp_path):
    file = downloaded(take_away, button(take_away, "take_run__zip").click, tmp_path)
    with zipfile.ZipFile(file) as bundle, np.load(bundle.open("images.npz")) as images:
        assert {"train.py", "notebook.ipynb", "requirements.txt"} <= set(bundle.namelist())
        assert len(images["x_train"]) == len(images["y_train"]) > 0
