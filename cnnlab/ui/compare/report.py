"""The sections of the report, from what this session has read of the runs."""

from collections.abc import Sequence

from cnnlab.comparison.candidates import Candidate
from cnnlab.comparison.report import report_sections
from cnnlab.comparison.section import Section
from cnnlab.ui.cached.curves import history
from cnnlab.ui.cached.predictions import predicted


def sections(compared: Sequence[Candidate], baseline: Candidate) -> list[Section]:
    """The findings on runs with the same test images. Raises `RunNotFound` where a test is not stored."""
    return report_sections(
        compared,
        baseline,
        {each.run.run_id: predicted(each) for each in compared},
        {each.run.run_id: history(each.run) for each in compared},
    )
