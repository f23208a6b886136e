import re

import pandas as pd

from cnnlab.runs import tags
from cnnlab.runs.search.finder import Entry
from cnnlab.views.tables.runs import banded, frame


def entry(number: int, comparison: str, study: str = "") -> Entry:
    marks = {tags.COMPARISON: comparison} | ({tags.STUDY: study} if study else {})
    return Entry(
        f"run {number}", f"name {number}", "finished", pd.Timestamp(0, tz="UTC"), {}, marks, {}, None
    )


def grey_rows(entries: list[Entry]) -> list[int]:
    html = banded(frame(entries, {}, {}), entries).to_html()
    marked = re.findall(r"#T_\w+_row(\d+)_col0\b", html)
    return sorted({int(row) for row in marked})


def test_every_other_comparison_stands_on_grey():
    entries = [entry(number, comparison) for number, comparison in enumerate("aabbcd")]
    assert grey_rows(entries) == [2, 3, 5]


def test_the_runs_of_a_study_stand_together():
    entries = [entry(number, str(number), study) for number, study in enumerate(["one", "one", "two", "two"])]
    assert grey_rows(entries) == [2, 3]
