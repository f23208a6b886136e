"""How fast the pages are for the person in front of them, in a real Chromium with a server of their own.

To be run by hand, from the folder of the README: `python -m tests.benchmarks.pages`. It takes about two
minutes, keeps nothing, prints the table as markdown, and ends with status 1 where a target is missed.
Times depend on the machine and on what else it does: quote them with both.
"""

import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, expect, sync_playwright
from streamlit.testing.v1 import AppTest

from tests.browser.conftest import DESKTOP, PATIENCE, chromium, dashboard

RELEASES = 21  # of the slider, in each state of the server
COLD_STARTS = 3
POLLS = 40
REPORTS = 600  # of each run that is polled: two and a half minutes at four a second
WARM_UP = 3  # first releases and polls that are not counted
LONG_TRAININGS = "images=10000&epochs=500"

# Resolves to the milliseconds between the release of the mouse and the picture with the new table.
RELEASE_TO_TABLE = """() => { window.milliseconds = undefined; new Promise(resolve => {
  const value = () => document.querySelector(".st-key-filters [data-testid=stSliderThumbValue]").textContent;
  const shown = () => [...document.querySelectorAll(".cnnlab-summary td")]
    .some(cell => cell.textContent === "26×26×" + value());
  window.addEventListener("pointerup", () => {
    const released = performance.now();
    const look = () => shown() && requestAnimationFrame(() => {
      observer.disconnect();
      resolve(performance.now() - released);
    });
    const observer = new MutationObserver(look);
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    look();
  }, { once: true, capture: true });
}).then(found => { window.milliseconds = found }) }"""


class Measured(NamedTuple):
    """Times of one thing, in milliseconds."""

    what: str
    milliseconds: list[float]
    target: float

    @property
    def met(self) -> bool:
        """Whether the median is below the target."""
        return statistics.median(self.milliseconds) < self.target


def main() -> None:
    """Measures, prints, judges."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        # Before anything asks for the store: the polls are measured in this process.
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/polled.db"
        browser = chromium(playwright)
        expect.set_options(timeout=PATIENCE)
        measured = [poll(), *cold_start(browser, Path(folder)), *slider(browser, Path(folder))]
        browser.close()
    print(table(measured))
    sys.exit(not all(each.met for each in measured))


@contextlib.contextmanager
def server(folder: Path, store: Path | None = None) -> Iterator[str]:
    """The address of a dashboard that was started this moment, with that store or one of its own.

    `store` is the folder of `mlflow.db`; the log goes into a folder of its own in `folder`.
    """
    own = Path(tempfile.mkdtemp(dir=folder))
    with dashboard(own / "server.log", MLFLOW_TRACKING_URI=f"sqlite:///{store or own}/mlflow.db") as address:
        yield address


def cold_start(browser: Browser, folder: Path) -> Iterator[Measured]:
    """From the command to the first page with its table, in a browser that has seen none of it; then until
    the sidebar says that a worker is ready. Each time with a new store.
    """
    usable, ready = [], []
    for _ in range(COLD_STARTS):
        began = time.perf_counter()
        with server(folder) as address:
            page = browser.new_page()
            page.goto(address)
            expect(page.locator(".cnnlab-summary")).to_have_count(2)
            expect(page.locator(".st-key-filters").get_by_role("slider")).to_be_enabled()
            usable.append((time.perf_counter() - began) * 1000)
            expect(page.get_by_test_id("stSidebar").get_by_text("worker")).to_be_visible(timeout=120_000)
            ready.append((time.perf_counter() - began) * 1000)
            page.close()
    yield Measured("`streamlit run` to the first page", usable, 4000)
    yield Measured("`streamlit run` to ready to train", ready, 8000)


def slider(browser: Browser, folder: Path) -> Iterator[Measured]:
    """From the release of 'Filters' to the new table: idle, then while two networks train."""
    with server(folder) as address:
        context = browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        train = context.new_page()
        train.goto(f"{address}/train?{LONG_TRAININGS}")
        expect(train.locator(".st-key-train button")).to_be_enabled(timeout=120_000)
        page = context.new_page()
        page.goto(address)
        yield Measured("slider to table, idle", releases(page), 200)
        train.bring_to_front()
        train.locator(".st-key-train button").click()
        expect(train.get_by_text("training on")).to_have_count(2, timeout=60_000)
        page.bring_to_front()
        watched = Measured("slider to table, two networks train and a tab shows it", releases(page), 400)
        train.close()
        yield Measured("slider to table, two networks train", releases(page), 250)
        yield watched


def releases(page: Page) -> list[float]:
    """Drags the slider to and fro with the mouse."""
    thumb = page.locator('.st-key-filters [style*="left:"]:has(input[type=range])')
    expect(page.locator(".cnnlab-summary")).to_have_count(2)
    times = []
    for number in range(WARM_UP + RELEASES):
        box = thumb.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.evaluate(RELEASE_TO_TABLE)
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + (25 + number % 7 if number % 2 == 0 else -25), y, steps=3)
        page.mouse.up()
        times.append(milliseconds(page))
        page.wait_for_timeout(300)
    return times[WARM_UP:]


def milliseconds(page: Page) -> float:
    """What the page's own clock measured, once it has come; fails where it does not come."""
    page.wait_for_function("() => window.milliseconds !== undefined", timeout=PATIENCE)
    return page.evaluate("window.milliseconds")


def poll() -> Measured:
    """The server's work for one poll of the Train page, while two runs report."""
    members = {role: active_run(role) for role in ("model", "baseline")}
    app = AppTest.from_function(drawn, kwargs={"ids": members}, default_timeout=30)
    times = []
    for number in range(WARM_UP + POLLS):
        for run_id in members.values():
            report(run_id, range(REPORTS + number, REPORTS + number + 1))
        app.run()
        assert not app.exception, app.exception
        times.append(app.session_state["seconds"] * 1000)
    return Measured(f"one poll, two active runs of {REPORTS} reports", times[WARM_UP:], 30)


def drawn(ids: dict[str, str]) -> None:
    """A page that is nothing but the polled part of Train, and notes how long that took."""
    import time

    import streamlit as st

    from cnnlab import runs
    from cnnlab.ui.lab import progress
    from cnnlab.views.figures.curve_lines import View

    began = time.perf_counter()
    members = {role: runs.get(run_id) for role, run_id in ids.items()}
    progress.render_active(members, View(smoothing=0.6), "")
    st.session_state["seconds"] = time.perf_counter() - began


def active_run(role: str) -> str:
    """A run of the lab preset that seems to train, with its reports; returns its id."""
    from cnnlab import runs
    from cnnlab.spec import PRESETS

    run_id = runs.create(role, "comparison", PRESETS["lab"].runs()[role])
    runs.start(run_id, "CPU")
    report(run_id, range(REPORTS))
    return run_id


def report(run_id: str, numbers: range) -> None:
    """What a training reports: four metrics each time, and the validation every twentieth time."""
    from mlflow.entities import Metric

    from cnnlab.runs.metrics import log_metrics

    now = int(time.time() * 1000)
    for number in numbers:
        values = {"loss": 2 / (1 + number), "accuracy": 0.9, "learning_rate": 0.001, "images_per_second": 999}
        if number % 20 == 0:
            values |= {"val_loss": 0.4, "val_accuracy": 0.85}
        metrics = [Metric(key, value, now + number, number * 8) for key, value in values.items()]
        log_metrics(run_id, metrics)


def table(measured: list[Measured]) -> str:
    """One line for each thing that was measured, in milliseconds."""
    lines = ["| what | median, ms | least to most | times | target | met |", "| --- " * 6 + "|"]
    for each in measured:
        times = each.milliseconds
        lines.append(
            f"| {each.what} | {statistics.median(times):,.0f} | {min(times):,.0f} to {max(times):,.0f} "
            f"| {len(times)} | {each.target:,.0f} | {'yes' if each.met else 'no'} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
