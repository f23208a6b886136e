"""The dashboard as it is started, with a store of its own, and a browser that looks at it."""

import contextlib
import functools
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Response,
    expect,
    sync_playwright,
)

from cnnlab import runs
from cnnlab.spec import PRESETS
from cnnlab.worker import train
from tests.servers import answers, free_port, wait_for

ROOT = Path(__file__).parents[2]
# Debian's; the first has no window, not even one that nobody sees, and takes half the time for a page.
CHROMIUMS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
PATIENCE = 60_000  # milliseconds, on a machine that has more to do
DESKTOP = (1400, 1000)
SMALL = functools.reduce(
    lambda spec, change: spec.with_setting(*change),
    {
        "model.blocks.0.filters": 8,
        "model.blocks.1.filters": 8,
        "model.dense_units": 32,
        "baseline.units": 32,
        "data.images": 500,
        "training.epochs": 2,
    }.items(),
    PRESETS["lab"],
)
# A deep link makes Streamlit look for its server below the page's own address first, where there is none.
STREAMLITS_OWN = re.compile(r"/[a-z]+/_stcore/(health|host-config)$")
# Streamlit forgets the pictures of a page that is left, which the browser may only now ask for.
PICTURES = re.compile(r"/media/[0-9a-f]+\.png")


@pytest.fixture(scope="package")
def server_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the dashboard's process writes what it says, beside its store."""
    return tmp_path_factory.mktemp("server") / "server.log"


@pytest.fixture(scope="package")
def server(server_log: Path) -> Iterator[str]:
    """The address of the dashboard, started by `streamlit run app.py` on a free port."""
    with dashboard(server_log) as address:
        yield address


class Trained(NamedTuple):
    """What an address says to show a comparison: on the page Inside, and its two runs on Compare."""

    inside: str
    compare: str


@pytest.fixture(scope="package")
def comparison(server: str, server_log: Path) -> Trained:
    """A comparison that has been trained, in the dashboard's store."""
    return trained_comparison(server_log)


def trained_comparison(log_file: Path) -> Trained:
    """Trains a small comparison in this process, in the store of the dashboard with this log.

    It takes a second or two, where a page would wait for the workers, and for its own drawing meanwhile.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MLFLOW_TRACKING_URI", store_beside(log_file))
        identity = uuid.uuid4().hex
        trained = [runs.create(role, identity, spec) for role, spec in SMALL.runs().items()]
        for run_id in trained:
            train.train(run_id)
    return Trained(f"comparison={identity}", f"runs={','.join(trained)}")


def store_beside(log_file: Path) -> str:
    """The address of the store of the dashboard that writes this log."""
    return f"sqlite:///{log_file.parent}/mlflow.db"


@contextlib.contextmanager
def dashboard(log_file: Path, *options: str, path: str = "", **environment: str) -> Iterator[str]:
    """Runs a dashboard of its own, with a store beside its log; gives its address below `path`."""
    port = free_port()
    options = ("--server.port", str(port), "--server.fileWatcherType", "none", *options)
    store = {"MLFLOW_TRACKING_URI": store_beside(log_file)}
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", *options, "app.py"],
            cwd=ROOT,
            env=os.environ | store | environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}{path}"
    try:
        wait_for(lambda: answers(f"{address}/cnnlab/health"), process, log_file)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def debians_chromium() -> Path | None:
    """The program, where one is installed."""
    return next((path for path in CHROMIUMS if path.exists()), None)


def chromium(playwright: Playwright) -> Browser:
    """Debian's Chromium where it is installed, else Playwright's own."""
    return playwright.chromium.launch(
        executable_path=debians_chromium(),
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    )


@pytest.fixture(scope="package")
def window() -> Iterator[BrowserContext]:
    """One window for all browser tests, whose cache keeps Streamlit's scripts; each page is a tab in it.

    Not of the session: Playwright's event loop runs in this thread until it ends, and no other can meanwhile.
    """
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        context = browser.new_context()
        context.set_default_timeout(PATIENCE)
        yield context
        browser.close()


@pytest.fixture
def open_page(server: str, server_log: Path, window: BrowserContext) -> Iterator[Callable[..., Page]]:
    """Opens an address of the dashboard in a new tab; in the end no tab and no script may have failed."""
    pages: list[Page] = []
    errors: list[str] = []
    logged_before = len(server_log.read_text())

    def open_tab(path: str = "", size: tuple[int, int] = DESKTOP, color_scheme: str = "light") -> Page:
        page = window.new_page()
        pages.append(page)
        watch(page, errors)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=color_scheme)
        page.goto(f"{server}/{path}")
        expect(page.get_by_test_id("stMain").get_by_role("heading", level=1)).to_be_visible()
        return page

    yield open_tab
    for page in pages:
        errors += broken_images(page)
        page.close()
    logged = server_log.read_text()[logged_before:]
    assert "Traceback" not in logged, logged
    assert errors == []


def broken_images(page: Page) -> list[str]:
    """The images on a page that could not be loaded; none on one that the test has closed."""
    script = "[...document.images].filter(each => each.complete && !each.naturalWidth).map(each => each.src)"
    return [] if page.is_closed() else [f"broken image {address}" for address in page.evaluate(script)]


def watch(page: Page, errors: list[str]) -> None:
    """Notes what the browser's console shows in red, uncaught exceptions, and answers that are errors.

    Not of pictures: whether those that are still on the page are whole is seen at the end.
    """

    def note_message(message: ConsoleMessage) -> None:
        address = message.location["url"]
        of_left_image = PICTURES.search(message.text) or PICTURES.search(address)
        if message.type == "error" and not STREAMLITS_OWN.search(address) and not of_left_image:
            errors.append(f"{message.text} ({message.location['url']})")

    def note_response(response: Response) -> None:
        ignored = STREAMLITS_OWN.search(response.url) or PICTURES.search(response.url)
        if response.status >= 400 and not ignored:
            errors.append(f"{response.status} {response.url}")

    page.on("console", note_message)
    page.on("response", note_response)
    page.on("pageerror", lambda error: errors.append(str(error)))
