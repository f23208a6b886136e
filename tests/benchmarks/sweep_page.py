"""How long the page Studies takes with a sweep of 1,000 trials, figure by figure, without a browser.

To be run by hand, from the folder of the README: `python -m tests.benchmarks.sweep_page`. It reads no store:
the trials are made up. Times depend on the machine and on what else it does: quote them with both.
"""

import statistics
import time
from dataclasses import replace

import pytest

from cnnlab.studies import sweep_progress
from cnnlab.studies.sweep_figures import TITLES, drawn, scored
from cnnlab.studies.sweep_plan import title
from cnnlab.views.figures.web import figure_json
from tests.dashboard import opened, run
from tests.sweeps import RATE, SWEEP, UNITS, in_memory, stored

TRIALS = 1000
RUNS = 5
NEEDED = {"slice": (title(RATE.path),), "contour": (title(RATE.path), title(UNITS.path))}


def main() -> None:
    """Prints the seconds for each figure: drawn once, and a run of the page that has it already."""
    two = SWEEP.model_copy(update={"objective": "accuracy_params"})
    shown = scored(in_memory(TRIALS, two))
    print(f"| figure of {TRIALS:,} trials | drawn, seconds | sent, kB | page again, seconds |")
    print("| --- | --- | --- | --- |")
    with pytest.MonkeyPatch.context() as patched:
        study_id = stored(two)
        progress = replace(in_memory(TRIALS, two), study_id=study_id)
        patched.setattr(sweep_progress, "read", lambda _: progress)
        patched.setattr(sweep_progress, "refreshed", lambda known: known)
        app = opened("studies", study=study_id)
        for name, heading in TITLES.items():
            begun = time.perf_counter()
            figure = drawn(shown, name, NEEDED.get(name, ()))
            seconds = time.perf_counter() - begun
            size = len(str(figure_json(figure))) / 1000
            app.main.segmented_control(key="sweep_figure_pareto").set_value(name)
            run(app)
            print(f"| {heading} | {seconds:.2f} | {size:,.0f} | {_again(app):.2f} |")


def _again(app) -> float:
    """Median seconds of a run of the page in which nothing has changed."""
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        run(app)
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


if __name__ == "__main__":
    main()
