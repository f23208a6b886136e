"""How long the pages take to open where very many runs are stored, against a store of a few.

To be run by hand, from the folder of the README: `python -m tests.benchmarks.many_runs`. It fills two
stores, shows them by two dashboards to a real Chromium, in turn, and prints the medians and their ratio
as markdown; it ends with status 1 where a ratio misses its target. `--fill FOLDER` only fills a store and
keeps it. Times depend on the machine and on what else it does: quote them with both.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.benchmarks.pages import server
from tests.browser.conftest import DESKTOP, ROOT, chromium

FEW, MANY = 100, 10_000
ROUNDS = 7
WARM_UP = 2  # first openings of each store that are not counted
REPORTS = 20  # of each run: its curves
TARGET = 2.0
PATIENCE = 120_000  # milliseconds

# One statement for each of MLflow's tables: each numbered copy takes the rows of its template, with a
# start, a seed and results of its own, and the older runs are the higher numbers.
COPIES = (
    "CREATE TEMP TABLE copies (number INTEGER PRIMARY KEY, run_id TEXT, template TEXT)",
    "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, "
    "start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id) "
    "SELECT c.run_id, name, source_type, source_name, entry_point_name, user_id, status, "
    "start_time - 60000 * c.number, end_time - 60000 * c.number, source_version, lifecycle_stage, "
    "replace(artifact_uri, template, c.run_id), experiment_id FROM copies c JOIN runs ON run_uuid = template",
    "INSERT INTO tags (key, value, run_uuid) SELECT key, CASE WHEN key = 'cnnlab.comparison' "
    "THEN value || (c.number / 2) ELSE value END, c.run_id FROM copies c JOIN tags ON run_uuid = template",
    "INSERT INTO params (key, value, run_uuid) SELECT key, CASE WHEN key = 'training.seed' "
    "THEN CAST(c.number AS TEXT) ELSE value END, c.run_id FROM copies c JOIN params ON run_uuid = template",
    "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) "
    "SELECT key, CASE WHEN key IN ('params', 'macs') THEN value + c.number ELSE value * "
    "(1 - (c.number * 7919 % 1000) / 10000.0) END, timestamp, step, is_nan, c.run_id "
    "FROM copies c JOIN latest_metrics ON run_uuid = template",
    "INSERT INTO metrics (key, value, timestamp, step, is_nan, run_uuid) "
    "SELECT key, value * (1 - (c.number * 7919 % 1000) / 10000.0), timestamp, step, is_nan, c.run_id "
    "FROM copies c JOIN metrics ON run_uuid = template",
)


# What tells that a page is there with all it shows; the few runs and the many have the same.
SHOWN = {
    "runs": ".stDataFrame canvas",
    "train": ".cnnlab-plot .main-svg",  # the Lab, by an address of an earlier version
    "inside": ".st-key-showing",
    "compare": ".st-key-compared_runs",
}


class Measured(NamedTuple):
    """The times of one page in milliseconds: of the store with few runs, and of that with many."""

    page: str
    few: list[float]
    many: list[float]

    @property
    def ratio(self) -> float:
        """How much longer the many take, by the medians."""
        return statistics.median(self.many) / statistics.median(self.few)


def main() -> None:
    """Fills, measures, prints, judges."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fill", type=Path, metavar="FOLDER", help="only fill a store in this folder")
    parser.add_argument("--runs", type=int, default=MANY, help="how many are many")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="openings of each page that count")
    chosen = parser.parse_args()
    if chosen.fill:
        _fill_apart(chosen.fill, chosen.runs)
        return
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        stores = {number: Path(folder) / str(number) for number in (FEW, chosen.runs)}
        for number, store in stores.items():
            _fill_apart(store, number)
        addresses = [stack.enter_context(server(store, store)) for store in stores.values()]
        browser = chromium(stack.enter_context(sync_playwright()))
        expect.set_options(timeout=PATIENCE)
        measured = [openings(browser, page, addresses, chosen.rounds) for page in SHOWN]
        browser.close()
    print(table(measured, chosen.runs))
    sys.exit(not all(each.ratio < TARGET for each in measured))


def _fill_apart(folder: Path, number: int) -> None:
    """In a process of its own: a process knows one store."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [sys.executable, "-c", f"from tests.benchmarks.many_runs import fill; fill({number})"],
        cwd=ROOT,
        env=os.environ | {"MLFLOW_TRACKING_URI": f"sqlite:///{folder.resolve()}/mlflow.db"},
        check=True,
    )


def openings(browser: Browser, page: str, addresses: list[str], rounds: int) -> Measured:
    """Opens a page of both dashboards in turn, each time in a new tab."""
    context = browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
    times: list[list[float]] = [[], []]
    for _ in range(WARM_UP + rounds):
        for place, address in enumerate(addresses):
            times[place].append(opening(context.new_page(), f"{address}/{page}", SHOWN[page]))
    context.close()
    return Measured(page, *(each[WARM_UP:] for each in times))


def opening(tab: Page, address: str, shown: str) -> float:
    """From the address to all that the page shows, in milliseconds."""
    began = time.perf_counter()
    tab.goto(address)
    expect(tab.locator(shown).first).to_be_visible()
    taken = (time.perf_counter() - began) * 1000
    tab.close()
    return taken


def table(measured: list[Measured], many: int) -> str:
    """One line for each page, in milliseconds."""
    lines = [f"| page | {FEW} runs, ms | {many:,} runs, ms | ratio | below {TARGET:g} |", "| --- " * 5 + "|"]
    for each in measured:
        few, more = (
            f"{statistics.median(times):,.0f} ({min(times):,.0f} to {max(times):,.0f})"
            for times in (each.few, each.many)
        )
        met = "yes" if each.ratio < TARGET else "no"
        lines.append(f"| {each.page} | {few} | {more} | {each.ratio:.2f} | {met} |")
    return "\n".join(lines)


def fill(number: int) -> None:
    """Puts so many runs into this process's store: pairs of the lab preset, with their curves."""
    import sqlalchemy

    from cnnlab.store_address import store_uri

    templates = [template(role) for role in ("model", "baseline")]
    copies = [
        {"number": copy, "run_id": f"{copy:032x}", "template": templates[copy % 2]}
        for copy in range(len(templates), number)
    ]
    with sqlalchemy.create_engine(store_uri()).begin() as connection:
        table, *inserts = (sqlalchemy.text(statement) for statement in COPIES)
        connection.execute(table)
        connection.execute(sqlalchemy.text("INSERT INTO copies VALUES (:number, :run_id, :template)"), copies)
        for insert in inserts:
            connection.execute(insert)


def template(role: str) -> str:
    """A finished run, written as a training writes it; returns its id."""
    from mlflow.entities import Metric

    from cnnlab import runs
    from cnnlab.runs.metrics import log_metrics
    from cnnlab.spec import PRESETS

    run_id = runs.create(role, "comparison", PRESETS["lab"].runs()[role])
    runs.start(run_id, "CPU")
    now = int(time.time() * 1000)
    for report in range(REPORTS):
        values = {"loss": 2 / (1 + report), "accuracy": 0.9, "learning_rate": 0.001, "images_per_second": 999}
        if report % 4 == 0:
            values |= {"val_loss": 0.4, "val_accuracy": 0.85}
        log_metrics(run_id, [Metric(key, value, now + report, report * 8) for key, value in values.items()])
    ended = {"test_loss": 0.4, "test_accuracy": 0.9, "best_val_accuracy": 0.9, "best_epoch": 1.0}
    ended |= {"seconds": 60.0, "params": 243_786.0, "macs": 5_000_000.0}
    log_metrics(run_id, [Metric(key, value, now + REPORTS, REPORTS * 8) for key, value in ended.items()])
    runs.end(run_id, "finished")
    return run_id


if __name__ == "__main__":
    main()
