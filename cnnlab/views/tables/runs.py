"""The table of runs: one row for each, whoever wrote it, with what it has of the columns.

Entries of the store → a DataFrame; how the columns are drawn is the page's business.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from cnnlab.data.registry import DATASETS
from cnnlab.runs import tags
from cnnlab.runs.search.finder import Entry
from cnnlab.views.palette import GREY, translucent

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

ACCURACIES = {"Test accuracy": "test_accuracy", "Best validation accuracy": "best_val_accuracy"}
SIZES = {
    "Parameters": "params",
    "Multiply-adds": "macs",
    "Seconds": "seconds",
    "Images/s": "images_per_second",
}
TEST_LOSS, LOSS_CURVE = "Test loss", "Loss curve"
BAND = 0.13  # opacity
BY = "By"  # shown where several visitors have runs
STUDY = "Study"  # shown in the view of studies alone
METRICS = {**ACCURACIES, TEST_LOSS: "test_loss", **SIZES}
COLUMNS = (
    "Name",
    "Started",
    BY,
    *ACCURACIES,
    TEST_LOSS,
    LOSS_CURVE,
    "Role",
    "Data set",
    *SIZES,
    "State",
    "Tags",
    "Note",
    "Device",
    "Seed",
    "Run id",
)
CHOICES = COLUMNS[1:]  # which of them are shown; the name always is
HIDDEN_AT_FIRST = ("Note", "Device", "Seed", "Run id")
SHOWN_AT_FIRST = tuple(column for column in CHOICES if column not in HIDDEN_AT_FIRST)


def frame(
    entries: list[Entry],
    sparklines: dict[str, list[float]],
    studies: dict[str, str],
    name_of: Callable[[str], str] = str,
) -> pd.DataFrame:
    """A row for each entry, in their order, with `COLUMNS` and `STUDY`.

    Args:
        entries: The runs.
        sparklines: Run → its small curve.
        studies: Study → its title.
        name_of: Id of a visitor → how the visitor is called.

    Accuracies are in percent, 'Started' is in UTC, 'Loss curve' and 'Tags' hold lists; what an entry does
    not have is None, NaN or NaT.
    """
    rows = [
        _row(entry, sparklines.get(entry.run_id, []), studies)
        | {BY: name_of(entry.tags.get(tags.VISITOR, ""))}
        for entry in entries
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS, STUDY])


def banded(frame: pd.DataFrame, entries: list[Entry]) -> "Styler":
    """The rows of `frame`, those of every other comparison or study that stand together on grey.

    So one sees what belongs together, and that the order has pulled nothing apart.
    """
    groups = pd.Series([entry.tags.get(tags.STUDY) or entry.tags.get(tags.COMPARISON) for entry in entries])
    grey = (groups != groups.shift()).cumsum() % 2 == 0
    band = f"background-color: {translucent(GREY, BAND)}"
    return frame.style.apply(lambda row: [band if grey[row.name] else ""] * len(row), axis=1)


def _row(entry: Entry, sparkline: list[float], studies: dict[str, str]) -> dict:
    dataset = entry.params.get("data.dataset", "")
    return {
        "Name": entry.name or entry.run_id[:8],
        STUDY: studies.get(entry.tags.get(tags.STUDY, ""), ""),
        "Role": entry.tags.get(tags.ROLE, ""),
        "Data set": DATASETS[dataset].title if dataset in DATASETS else dataset,
        **{column: entry.metrics.get(metric, math.nan) for column, metric in METRICS.items()},
        **{column: 100 * entry.metrics.get(metric, math.nan) for column, metric in ACCURACIES.items()},
        LOSS_CURVE: sparkline,
        "State": state(entry),
        "Started": entry.started,
        "Tags": tag_texts(entry),
        "Note": entry.tags.get(tags.NOTE, ""),
        "Device": entry.tags.get(tags.DEVICE, ""),
        "Seed": pd.to_numeric(entry.params.get("training.seed"), errors="coerce"),
        "Run id": entry.run_id,
    }


def state(entry: Entry) -> str:
    """How far a run is: 'finished', 'training, paused', or 'failed' with its reason."""
    more = entry.tags.get(tags.REASON) or entry.tags.get(tags.ACTIVITY)
    return f"{entry.status}: {more}" if more else entry.status


def tag_texts(entry: Entry) -> list[str]:
    """A person's tags as one reads and writes them: 'keep', 'checked by: Ann'."""
    return [tag_text(key, value) for key, value in sorted(tags.user_tags(entry.tags).items())]


def tag_text(key: str, value: str) -> str:
    """One tag in this way."""
    return f"{key}: {value}" if value else key


def foreign_frame(entries: list[Entry]) -> pd.DataFrame:
    """A row for each run of another tool, with what any MLflow run may have."""
    rows = [
        {
            "Name": entry.name or entry.run_id[:8],
            "State": entry.status,
            "Started": entry.started,
            "Metrics": [f"{name} {value:.4g}" for name, value in sorted(entry.metrics.items())],
            "Tags": tag_texts(entry),
            "Note": entry.tags.get(tags.NOTE, ""),
            "Run id": entry.run_id,
        }
        for entry in entries
    ]
    return pd.DataFrame(rows, columns=["Name", "State", "Started", "Metrics", "Tags", "Note", "Run id"])
