"""Results of the benchmark: from measurements to ratios, and from ratios to a table with their targets."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cnnlab.arithmetic.network import layer_rows, totals
from cnnlab.data.registry import DATASETS
from cnnlab.spec import ComparisonSpec, network_title

SPEED_COLUMNS = ["role", "round", "arm", "whole", "steps"]
WAIT_COLUMNS = ["role", "round", "event", "seconds"]
TOGETHER_COLUMNS = ["round", "how", "seconds"]
NAMES = {"model": "CNN", "baseline": "Dense baseline"}
OURS, OURS_HALF = "cnnlab", "cnnlab bfloat16"
SPEED_TARGETS = {  # network, arm of cnnlab, the arm that it is compared with
    ("model", OURS, "Keras"): 1.4,
    ("model", OURS, "PyTorch"): 1.4,
    ("model", OURS_HALF, "Keras"): 2.0,
    ("model", OURS_HALF, "PyTorch bfloat16"): 1.3,
    ("baseline", OURS, "Keras"): 5.0,
    ("baseline", OURS, "PyTorch"): 1.5,
}
OPPONENTS = {
    "Keras": "plain Keras fit, float32",
    "PyTorch": "PyTorch eager, fused Adam",
    "PyTorch bfloat16": "PyTorch eager, autocast in bfloat16",
}
SHARE_TARGET = 0.45
WAIT_TARGET, WAIT_SECONDS = 0.5, 0.5
REPORTING_TARGET = 1.03
TOGETHER_TARGET = 0.95


@dataclass(frozen=True)
class Row:
    """One line of the table: a ratio (or seconds) of each round, and its target."""

    what: str
    against: str
    target: float | None
    """None for a row that only adds to the row before it."""
    at_least: bool
    """Whether more is better: the target is a lower bound."""
    measured: tuple[float, ...]
    """One value a round."""

    @property
    def median(self) -> float:
        """The median of the rounds."""
        return float(np.median(self.measured))

    @property
    def met(self) -> bool | None:
        """Whether the median reaches the target; None without a target."""
        if self.target is None:
            return None
        return self.median >= self.target if self.at_least else self.median <= self.target

    def cells(self) -> list[str]:
        """The texts of the line: what, against, target, median with the range, and whether it is met."""
        target = "" if self.target is None else f"{'≥' if self.at_least else '≤'} {self.target:g}"
        spread = f"{self.median:.2f} ({min(self.measured):.2f}–{max(self.measured):.2f})"
        return [self.what, self.against, target, spread, {True: "yes", False: "no", None: ""}[self.met]]


@dataclass(frozen=True)
class Benchmark:
    """All measurements, and the machine. The frame of a part that was left out is empty."""

    machine: dict[str, Any]
    """See `cnnlab.bench.processes.machine`."""
    comparison: ComparisonSpec
    images: int
    """Training images of an epoch, without validation."""
    speeds: pd.DataFrame
    """Columns role, round, arm; whole and steps: images/s of whole epochs and of their steps alone."""
    matrix_rates: list[float]
    """FLOP/s of matrix products in float32, one value a round."""
    half_matrix_rates: list[float]
    """FLOP/s of matrix products in bfloat16, one value a round; empty where that was left out."""
    waits: pd.DataFrame
    """Columns role, round, event; seconds."""
    together: pd.DataFrame
    """Columns round, how; seconds."""
    pytorch_left_out: str
    """Why PyTorch was left out, in a sentence; empty if it was measured."""
    half_left_out: str
    """Why mixed bfloat16 was left out, in a sentence; empty if it was measured."""

    def rows(self) -> list[Row]:
        """The lines of the table."""
        return [*self._speed_rows(), *self._wait_rows(), *self._reporting_rows(), *self._together_rows()]

    def _speed_rows(self) -> list[Row]:
        if self.speeds.empty:
            return []
        rows = []
        for (role, ours, theirs), target in SPEED_TARGETS.items():
            speed = by_round(self.speeds, "arm", "whole", role=role)
            if {ours, theirs} <= set(speed):
                what = f"{NAMES[role]}{_in_half(ours)}, images/s, all reporting on"
                rows.append(Row(what, OPPONENTS[theirs], target, True, tuple(speed[ours] / speed[theirs])))
        steps = by_round(self.speeds, "arm", "steps", role="model")
        for arm, precision, rates in (
            (OURS, "float32", self.matrix_rates),
            (OURS_HALF, "bfloat16", self.half_matrix_rates),
        ):
            if arm in steps:
                share = tuple(steps[arm] * flop_per_image(self.comparison) / rates)
                what = f"CNN{_in_half(arm)}, FLOP/s in training steps"
                against = f"the machine's {precision} matrix products"
                rows.append(Row(what, against, SHARE_TARGET, True, share))
        return rows

    def _wait_rows(self) -> list[Row]:
        rows = []
        for role in self.waits["role"].unique():
            seconds = by_round(self.waits, "event", "seconds", role=role)
            what = f"{NAMES[role]}, never built before: from submit to the"
            first = f"{what} first loss (step 0)"
            later = f"{what} first training steps' loss"
            against = "first step of plain Keras fit"
            rows += [
                Row(first, against, WAIT_TARGET, False, tuple(seconds["step 0"] / seconds["Keras"])),
                Row(first, "in seconds", WAIT_SECONDS, False, tuple(seconds["step 0"])),
                Row(later, against, None, False, tuple(seconds["first steps"] / seconds["Keras"])),
                Row(later, "in seconds", None, False, tuple(seconds["first steps"])),
            ]
        return rows

    def _reporting_rows(self) -> list[Row]:
        rows = []
        for role in self.speeds["role"].unique():
            speed = by_round(self.speeds, "arm", "whole", role=role)
            cost = tuple(speed["silent"] / speed[OURS])
            what = f"{NAMES[role]}, time with reporting and tracking"
            rows.append(Row(what, "without", REPORTING_TARGET, False, cost))
        return rows

    def _together_rows(self) -> list[Row]:
        if self.together.empty:
            return []
        seconds = by_round(self.together, "how", "seconds")
        ratio = tuple(seconds["together"] / seconds["one after the other"])
        what = "CNN and baseline at the same time, wall time"
        return [Row(what, "one after the other", TOGETHER_TARGET, False, ratio)]

    def as_data(self) -> dict[str, Any]:
        """All measurements and lines as plain data for JSON."""
        return {
            "machine": self.machine,
            "networks": {role: network_title(spec.model) for role, spec in self.comparison.runs().items()},
            "images": self.images,
            "flop_per_image": flop_per_image(self.comparison),
            "rows": [
                {**vars(row), "median": row.median, "min": min(row.measured), "max": max(row.measured)}
                | {"met": row.met}
                for row in self.rows()
            ],
            "speeds": self.speeds.to_dict("records"),
            "matrix_flop_per_second": self.matrix_rates,
            "half_matrix_flop_per_second": self.half_matrix_rates,
            "waits": self.waits.to_dict("records"),
            "together": self.together.to_dict("records"),
            "left_out": [*filter(None, [self.pytorch_left_out, self.half_left_out])],
        }

    def as_text(self) -> str:
        """The tables for the terminal."""
        head = "\n".join(f"{name}: {value}" for name, value in self.machine.items())
        columns = ["what", "against", "target", "median (min–max)", "met"]
        table = aligned([columns, *(row.cells() for row in self.rows())])
        left_out = [self.pytorch_left_out, self.half_left_out]
        return "\n\n".join(filter(None, [head, table, self._medians(), *left_out]))

    def _medians(self) -> str:
        """Images/s and GFLOP/s themselves, which depend on the machine."""
        if self.speeds.empty:
            return ""
        median = self.speeds.groupby(["role", "arm"], sort=False)["whole"].median()
        lines = [
            [NAMES[role], arm, f"{speed:,.0f}"]
            for role, arm, speed in median.reset_index().itertuples(index=False)
        ]
        title = (
            f"Images/s, medians ({self.images:,} images an epoch, batch size "
            f"{self.comparison.training.batch_size}; silent: cnnlab without reporting)"
        )
        products = f"{np.median(self.matrix_rates) / 1e9:,.0f} GFLOP/s"
        if self.half_matrix_rates:
            products += f", in bfloat16 {np.median(self.half_matrix_rates) / 1e9:,.0f}"
        return f"{title}\n{aligned(lines)}\nMatrix products: {products}"


def _in_half(arm: str) -> str:
    return ", mixed bfloat16" if arm == OURS_HALF else ""


def by_round(frame: pd.DataFrame, column: str, value: str, **only: str) -> pd.DataFrame:
    """One row a round, one column for each entry of `column`; `only` filters by other columns."""
    for name, entry in only.items():
        frame = frame[frame[name] == entry]
    return frame.pivot_table(index="round", columns=column, values=value, sort=False)


def flop_per_image(comparison: ComparisonSpec) -> int:
    """Floating point operations of training the model on one image.

    Two for each multiply-add, in three passes: one forward, and two backward, for the gradients of the
    weights and of the inputs.
    """
    info = DATASETS[comparison.data.dataset]
    return 6 * totals(layer_rows(comparison.model, info.input_shape, len(info.classes))).macs


def aligned(lines: list[list[str]]) -> str:
    """Lines of cells as text in columns, two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
