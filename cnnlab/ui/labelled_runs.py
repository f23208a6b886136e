"""The runs that are held against each other on one page: each with a name and a colour of its own."""

from collections import Counter
from typing import NamedTuple

from cnnlab.runs import Run
from cnnlab.views.palette import COMPARED_COLORS

MOST = len(COMPARED_COLORS)


class Candidate(NamedTuple):
    """One run among those that are compared."""

    run: Run
    label: str
    """Its name; where several have the same, with a number behind it."""
    color: str


def candidates(compared: list[Run]) -> list[Candidate]:
    """Names and colours for at most `MOST` runs, in their order."""
    names = [run.name or run.run_id[:8] for run in compared]
    repeated = {name for name, count in Counter(names).items() if count > 1}
    seen: Counter[str] = Counter()
    labelled = []
    for run, name, color in zip(compared, names, COMPARED_COLORS, strict=False):
        seen[name] += 1
        label = f"{name} ({seen[name]})" if name in repeated else name
        labelled.append(Candidate(run, label, color))
    return labelled
