"""What a page that shows a training live costs that training, watched and unwatched in turn.

To be run by hand, from the folder of the README: `python -m tests.benchmarks.live_view`. It takes about five
minutes, keeps nothing, prints the table as markdown, and ends with status 1 where a target is missed.

The browser runs on the same machine at the lowest priority (`nice`), so that it takes what the trainings
leave, as a browser on another machine would; with `--same-priority` it competes with them. What is compared
is the time that the slower of both networks has spent in training.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect, sync_playwright
from sqlalchemy import create_engine, text

from tests.browser.conftest import DESKTOP, PATIENCE, dashboard, debians_chromium

ROUNDS = 3
TARGET = 1.03
LONGEST = 300.0  # seconds that one training may take
ADDRESS = "?epochs=6"
MODES = ("with no page open", "shown by the page Lab", "the page Runs open")


def main() -> None:
    """Measures, prints, judges."""
    seconds: dict[str, list[float]] = {mode: [] for mode in MODES}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(
            executable_path=_at_lowest_priority(playwright.chromium, Path(folder)),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        store = f"sqlite:///{folder}/mlflow.db"
        with dashboard(Path(folder) / "server.log", MLFLOW_TRACKING_URI=store) as address:
            for number in range(ROUNDS + 1):
                for mode in MODES:
                    took = _train(browser, address, mode, store)
                    if number:  # the first round warms up
                        seconds[mode].append(took)
        browser.close()
    print("| training | seconds, median (lowest to highest) | against unwatched, median of the rounds |")
    print("| --- | --- | --- |")
    met = True
    for mode, taken in seconds.items():
        ratio = statistics.median(one / other for one, other in zip(taken, seconds[MODES[0]], strict=True))
        met &= ratio <= TARGET
        spread = f"{statistics.median(taken):.1f} ({min(taken):.1f} to {max(taken):.1f})"
        print(f"| {mode} | {spread} | {ratio:.3f} |")
    sys.exit(not met)


def _at_lowest_priority(chromium: BrowserType, folder: Path) -> Path:
    """A program that starts the browser so that it takes what others leave."""
    browser = debians_chromium() or Path(chromium.executable_path)
    if "--same-priority" in sys.argv:
        return browser
    program = folder / "browser"
    # Linux shares the processors among sessions first, of which the browser has its own: see sched(7).
    group = "echo 19 > /proc/self/autogroup 2> /dev/null"
    program.write_text(f'#!/bin/sh\n{group}\nexec nice -n 19 "{browser}" "$@"\n')
    program.chmod(0o755)
    return program


def _train(browser: Browser, address: str, mode: str, store: str) -> float:
    """Trains both networks once; returns the seconds that the slower one took."""
    context = browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
    if mode == MODES[2]:  # before the training, so that it is not slowed by the loading of a page
        expect(_opened(context, f"{address}/runs").get_by_role("heading", name="Runs")).to_be_visible()
    page = _opened(context, f"{address}/{ADDRESS}")
    button = page.locator(".st-key-train button")
    expect(button).to_be_enabled(timeout=LONGEST * 1000)
    before = len(_finished(store))
    button.click()
    expect(page.locator(".st-key-stop button")).to_be_enabled()
    if mode != MODES[1]:
        page.goto("about:blank")
    deadline = time.monotonic() + LONGEST
    while len(_finished(store)) < before + 2:
        if time.monotonic() > deadline:
            raise TimeoutError(f"A training did not end within {LONGEST:.0f} s.")
        time.sleep(1.0)
    context.close()
    return max(_finished(store)[-2:])


def _opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    return page


def _finished(store: str) -> list[float]:
    """The seconds of the trainings that have ended, in their order."""
    engine = create_engine(store)
    with engine.connect() as connection:
        seconds = "SELECT value FROM latest_metrics JOIN runs USING (run_uuid) WHERE key = 'seconds'"
        rows = connection.execute(text(f"{seconds} AND status = 'FINISHED' ORDER BY end_time")).all()
    engine.dispose()
    return [value for (value,) in rows]


if __name__ == "__main__":
    main()
