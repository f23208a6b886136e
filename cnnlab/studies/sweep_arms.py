"""Which part of a sweep a run is, as its arm says.

'trial 7, seed 0', 'trial 9 (again 7), seed 0', 'baseline, seed 0', 'winner, seed 3', 'start, seed 3'.
"""

import re
from typing import Literal, NamedTuple, cast

Part = Literal["trial", "baseline", "winner", "start"]

_ARM = re.compile(r"(trial|baseline|winner|start)(?: (\d+))?(?: \(again (\d+)\))?, seed (\d+)")


class Arm(NamedTuple):
    """The place of a run in its sweep."""

    part: Part
    seed: int
    trial: int = -1
    """Of a trial: its number."""
    again: int | None = None
    """Of a trial that repeats a failed one: the number of that."""

    def __str__(self) -> str:
        """The arm as it is stored."""
        name = f"trial {self.trial}" if self.part == "trial" else self.part
        again = "" if self.again is None else f" (again {self.again})"
        return f"{name}{again}, seed {self.seed}"


def parsed(text: str) -> Arm | None:
    """The arm that a stored text means; None if it is none of a sweep."""
    match = _ARM.fullmatch(text)
    if not match:
        return None
    part, trial, again, seed = match.groups()
    if (part == "trial") != (trial is not None):
        return None
    return Arm(cast(Part, part), int(seed), int(trial or -1), int(again) if again else None)
