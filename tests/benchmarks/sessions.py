"""A class on one dashboard: fifty people move sliders, ten of them train, on a server of its own.

To be run by hand, from the folder of the README: `python -m tests.benchmarks.sessions`. It takes about three
minutes, keeps nothing, prints the table as markdown, and ends with status 1 where a target is missed.

Most of the people are visitors without a browser (`tests/visitors.py`): they speak Streamlit's protocol, so
that the server has all the work of a browser's tab, and draw nothing, so that a machine of two cores
can hold them. Their times are from the message of the slider to the message of the table. A few are real
tabs of Chromium, timed from the release of the mouse to the drawn table. The visitors, the browser, the
trainer and the server share the machine.
"""

import argparse
import asyncio
import contextlib
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psutil
from playwright.sync_api import expect, sync_playwright

from tests.benchmarks.pages import releases
from tests.browser.conftest import DESKTOP, PATIENCE, chromium, dashboard
from tests.servers import process_at
from tests.visitors import Visitor, visiting

VISITORS, TRAINING, SECONDS, EVERY = 50, 10, 60.0, 10.0
TRAINED = "images=1000&epochs=20&filters=8"
FILTERS = ("8", "16", "24", "32", "48", "64")
TARGET = 500  # milliseconds, of the median


class Load(NamedTuple):
    """What so many people at once have met, and what they have cost."""

    sliders: list[float]
    """Milliseconds from each slider to its table."""
    errors: list[str]
    """What the visitors have seen as an exception."""
    mib_per_session: float
    """Of the server's memory, from before the first visitor to after the last one's last change."""
    server_cores: float
    """Processor time of the server's process for each second."""
    trained: int
    """Visitors who have pressed Train."""
    log: str
    """What the server has written."""


class _Reading(NamedTuple):
    """The server's process at a moment."""

    bytes: int
    seconds: float
    """Of processor time."""


def main() -> None:
    """Measures, prints, judges."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--visitors", type=int, default=VISITORS)
    parser.add_argument("--training", type=int, default=TRAINING)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--tabs", type=int, default=1, help="real tabs of Chromium beside them")
    asked = parser.parse_args()
    tabs: list[float] = []
    look = (lambda address: tabs.extend(in_a_browser(address))) if asked.tabs else None
    load = measure(asked.visitors, asked.training, asked.seconds, look)
    print(table(load, tabs, asked.visitors))
    sys.exit(not is_met(load))


def measure(
    visitors: int, training: int, seconds: float, meanwhile: Callable[[str], None] | None = None
) -> Load:
    """Lets so many visitors move sliders for so many seconds, each about every ten.

    Args:
        visitors: All of them.
        training: How many of them press Train first.
        seconds: How long, once all have opened the page.
        meanwhile: Called in this thread with the dashboard's address, once all have opened the page.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        with dashboard(log) as address:
            server = process_at(address)
            crowd = _Crowd(address, visitors, training, seconds, server)
            thread = threading.Thread(target=lambda: asyncio.run(crowd.visit()))
            thread.start()
            try:
                if meanwhile and crowd.opened.wait(600):
                    meanwhile(address)
            finally:
                thread.join()
        return crowd.load(log.read_text())


class _Crowd:
    """Visitors at the same time, each with its own pace."""

    def __init__(
        self, address: str, visitors: int, training: int, seconds: float, server: psutil.Process
    ) -> None:
        self.opened = threading.Event()
        self._address, self._seconds, self._server = address, seconds, server
        self._visitors, self._training = visitors, training
        self._sliders: list[float] = []
        self._errors: list[str] = []
        self._trained = 0
        self._readings: list[_Reading] = []
        self._lasted = 0.0

    async def visit(self) -> None:
        """Opens the page once for all, so that the server has what it shares; then for everybody."""
        try:
            async with contextlib.AsyncExitStack() as stack:
                first = await stack.enter_async_context(visiting(self._address, f"?{TRAINED}"))
                await first.until(lambda visitor: visitor.is_enabled("train"), patience=180)
                self._readings.append(self._reading())
                others = [visiting(self._address, f"?{TRAINED}") for _ in range(self._visitors - 1)]
                everybody = [first, *await asyncio.gather(*map(stack.enter_async_context, others))]
                self.opened.set()
                began, before = time.perf_counter(), self._reading()
                await asyncio.gather(*(self._use(each, number) for number, each in enumerate(everybody)))
                self._lasted = time.perf_counter() - began
                self._readings += [before, self._reading()]
                self._errors += [error for visitor in everybody for error in visitor.errors]
        finally:
            self.opened.set()

    async def _use(self, visitor: Visitor, number: int) -> None:
        """Moves a slider now and then; some train first."""
        drawn = random.Random(number)
        until = time.perf_counter() + self._seconds
        await asyncio.sleep(drawn.uniform(0, min(EVERY, self._seconds / 2)))
        if number < self._training:
            await visitor.press("train")
            self._trained += 1
        while time.perf_counter() < until:
            filters = drawn.choice([each for each in FILTERS if not _shows(visitor, each)])
            took = await visitor.move("filters", filters, lambda each, value=filters: _shows(each, value))
            self._sliders.append(1000 * took)
            await asyncio.sleep(drawn.uniform(0.5, 1.5) * min(EVERY, self._seconds / 3))

    def _reading(self) -> _Reading:
        times = self._server.cpu_times()
        return _Reading(self._server.memory_info().rss, times.user + times.system)

    def load(self, log: str) -> Load:
        """What all of them have met."""
        first, before, after = self._readings
        others = max(1, self._visitors - 1)
        return Load(
            self._sliders,
            self._errors,
            (after.bytes - first.bytes) / 2**20 / others,
            (after.seconds - before.seconds) / self._lasted,
            self._trained,
            log,
        )


def _shows(visitor: Visitor, filters: str) -> bool:
    return any(f"26×26×{filters}<" in text for text in visitor.texts)


def in_a_browser(address: str) -> list[float]:
    """Milliseconds from the release of the slider to the drawn table, in a real tab."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        page = browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        page.goto(address)
        times = releases(page)
        browser.close()
    return times


def is_met(load: Load) -> bool:
    """Whether nobody met an error, and the median slider was answered in time."""
    clean = not load.errors and "Traceback" not in load.log
    return clean and statistics.median(load.sliders) < TARGET


def table(load: Load, tabs: list[float], visitors: int) -> str:
    """One line for each thing that was measured."""
    lines = ["| what | measured | target | met |", "| --- " * 4 + "|"]
    for what, times in {"slider to table": load.sliders, "the same in a tab of Chromium": tabs}.items():
        if times:
            ninth = statistics.quantiles(times, n=10)[-1] if len(times) > 1 else times[0]
            median = statistics.median(times)
            lines.append(
                f"| {what}, {visitors} visitors, {load.trained} of them training | median {median:,.0f} ms, "
                f"nine of ten within {ninth:,.0f} ms ({len(times)} times) | {TARGET} ms | "
                f"{'yes' if median < TARGET else 'no'} |"
            )
    clean = not load.errors and "Traceback" not in load.log
    lines += [
        f"| errors on a page or in the server's log | {len(load.errors) + load.log.count('Traceback')} | 0 | "
        f"{'yes' if clean else 'no'} |",
        f"| the server's memory for each visitor | {load.mib_per_session:.1f} MiB | | |",
        f"| the server's share of a core | {load.server_cores:.2f} | | |",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
