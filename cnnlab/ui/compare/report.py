"""The sections of the report, from what this session has read of the runs."""

from collections.abc import Sequence

from cnnlab.comparison.candidates import Candidate
from cnnlab.comparison.over_seeds import Seeded
from cnnlab.comparison.report import report_sections
from cnnlab.comparison.section import Section
from cnnlab.ui.cached.curves import history
from cnnlab.ui.cached.predictions import predicted
from cnnlab.ui.compare import over_seeds


def sections(
    compared: Sequence[Candidate],
    baseline: Candidate,
    groups: Sequence[Seeded] = (),
    baseline_group: Seeded | None = None,
) -> list[Section]:
    """The findings on runs with the same test images, those over seeds first where there are any.

    Raises `RunNotFound` where a test is not stored.
    """
    return report_sections(
        compared,
        baseline,
        {each.run.run_id: predicted(each) for each in compared},
        {each.run.run_id: history(each.run) for each in compared},
        over_seeds.section_of(groups, baseline_group) if baseline_group else None,
    )
