"""All sections of a comparison in their order, as the report shows them; the page shows them in groups."""

from collections.abc import Mapping, Sequence
from typing import get_args

import pandas as pd

from cnnlab.comparison import differences, robustness, side_by_side
from cnnlab.comparison.candidates import Candidate, Predicted
from cnnlab.comparison.section import Section, Table
from cnnlab.robustness.experiments import EXPERIMENTS
from cnnlab.runs.comparable import settings
from cnnlab.views.figures.pareto import Cost
from cnnlab.views.tables.comparison import settings_frame


def report_sections(
    compared: Sequence[Candidate],
    baseline: Candidate,
    predicted: Mapping[str, Predicted],
    curves: Mapping[str, pd.DataFrame],
    over_seeds: Section | None = None,
) -> list[Section]:
    """Everything that is known about runs with the same test images.

    Args:
        compared: The runs.
        baseline: The one of them that the others are compared with.
        predicted: Run id → its answers on the test images, of all runs.
        curves: Run id → its rows of `runs.curves`, of all runs.
        over_seeds: What groups of seeds say, of which the runs may be a part.
    """
    networks = [predicted[each.run.run_id] for each in compared]
    reference = predicted[baseline.run.run_id]
    others = [each for each in networks if each is not reference]
    pairs = [(each, reference) for each in others]
    return [
        *([over_seeds] if over_seeds else []),
        differences.verdict(pairs),
        side_by_side.results(compared, baseline),
        side_by_side.what_differs(compared),
        side_by_side.layers(compared),
        side_by_side.learning_curves(compared, curves),
        side_by_side.accuracy_against_cost(compared, baseline, get_args(Cost), published=True),
        differences.confusions(others, reference),
        differences.class_by_class(networks, pairs),
        differences.calibration_section(networks),
        *_robustness(compared, baseline),
        _runs_and_settings(compared),
    ]


def _robustness(compared: Sequence[Candidate], baseline: Candidate) -> list[Section]:
    """What has been measured so far; no section where nothing was."""
    measured = {name: robustness.outcomes(name, compared) for name in EXPERIMENTS}
    sections = [
        robustness.robustness_section(name, outcomes, compared, baseline)
        for name, outcomes in measured.items()
        if outcomes
    ]
    return [section._replace(heading=f"Robustness: {section.heading.lower()}") for section in sections]


def _runs_and_settings(compared: Sequence[Candidate]) -> Section:
    """The runs' ids, and all of their settings."""
    rows = [
        {
            "Run": each.label,
            "Id": each.run.run_id,
            "State": each.run.status,
            "Device": each.run.device,
            "Started": f"{each.run.started:%Y-%m-%d %H:%M} UTC",
        }
        for each in compared
    ]
    every = settings_frame([each.label for each in compared], settings([each.run.spec for each in compared]))
    tables = (Table("Runs", pd.DataFrame(rows)), Table("Settings", every))
    return Section("Runs and settings", tables=tables)
