"""Stored runs for the page Runs, and ticks, which a test cannot set in a drawn table."""

from collections.abc import Iterator

import pytest
from mlflow.entities import Metric
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.runs.metrics import log_metrics
from cnnlab.ui.runs import table as runs_table
from tests.dashboard import run
from tests.experiments import own_experiments
from tests.runs_page import ACCURACIES, NAMES, SPECS


@pytest.fixture(autouse=True)
def stored() -> Iterator[dict[str, str]]:
    """Four runs in an experiment of their own, the newest one still training; ids by name."""
    with own_experiments():
        yield _four_runs()


def _four_runs() -> dict[str, str]:
    made = {}
    for number, name in enumerate(NAMES):
        role = "baseline" if number == 1 else "model"
        made[name] = runs.create(role, f"comparison {number}", SPECS[role], name=name)
    for run_id, accuracy in zip(made.values(), ACCURACIES, strict=False):
        log_metrics(run_id, [Metric("test_accuracy", accuracy, 1, 0), Metric("loss", 1.0, 1, 0)])
        runs.end(run_id, "finished")
    runs.start(made["delta"], "CPU")
    return made


@pytest.fixture
def tick(monkeypatch: pytest.MonkeyPatch):
    """Lets the next drawing of the table report these runs as ticked, whatever is drawn."""
    draw = runs_table._draw

    def ticked(app: AppTest, *names: str) -> None:
        def _draw(entries, query, rows):
            draw(entries, query, rows)
            return [row for row, entry in enumerate(entries) if entry.name in names]

        with monkeypatch.context() as patched:
            patched.setattr(runs_table, "_draw", _draw)
            run(app)
        # From here on, what was ticked is remembered by the page alone.
        monkeypatch.setattr(runs_table, "_draw", lambda *given: [draw(*given), given[2]][1])

    return ticked
