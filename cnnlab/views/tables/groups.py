"""Groups of runs that are equal but for the seed, as tables: mean and spread, seed by seed, run by run."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cnnlab import words
from cnnlab.data.registry import DATASETS
from cnnlab.runs.groups import Group, description, outcomes

NETWORK, OUTCOMES = "Network", "Not counted"
SETTINGS = "Settings"
MEAN = "Mean"


def spread_frame(groups: Mapping[str, Group]) -> pd.DataFrame:
    """A row for each group, by its name.

    Columns: Network, Seeds (how many count), Test accuracy, Lowest, Highest and Best validation [in %; means
    but for Lowest and Highest], Test s.d. and Validation s.d. [points], Not counted [in words]. What a group
    lacks is NaN.
    """
    rows = []
    for name, group in groups.items():
        test, validation = group.spread("test_accuracy"), group.spread("best_val_accuracy")
        rows.append(
            {
                NETWORK: name,
                "Seeds": len(group.by_seed),
                "Test accuracy": 100 * test.mean,
                "Test s.d.": 100 * test.sd,
                "Lowest": 100 * test.low,
                "Highest": 100 * test.high,
                "Best validation": 100 * validation.mean,
                "Validation s.d.": 100 * validation.sd,
                OUTCOMES: outcomes(group),
            }
        )
    return pd.DataFrame(rows)


def groups_frame(groups: Sequence[Group]) -> pd.DataFrame:
    """A row for each group of the page Runs: the columns of `spread_frame` and these.

    Settings [what is not at its default, in words], Data set, Runs (those that do not count included), Newest
    [UTC], Parameters, Multiply-adds and Seconds [means].
    """
    frame = spread_frame({str(place): group for place, group in enumerate(groups)})
    frame[NETWORK] = [group.name for group in groups]
    frame[SETTINGS] = [description(group.spec) for group in groups]
    frame["Data set"] = [_data(group) for group in groups]
    frame["Runs"] = [len(group.runs) for group in groups]
    frame["Newest"] = [max(run.started for run in group.runs) for group in groups]
    for column, metric in (("Parameters", "params"), ("Multiply-adds", "macs"), ("Seconds", "seconds")):
        frame[column] = [group.spread(metric).mean for group in groups]
    return frame


def _data(group: Group) -> str:
    dataset = group.spec.data.dataset
    return DATASETS[dataset].title if dataset in DATASETS else dataset


def by_seed_frame(groups: Mapping[str, Group], baseline: str) -> pd.DataFrame:
    """A row for each seed that counts somewhere, and one for the means of all.

    Columns: Seed, the test accuracy of each group as '86.00%', and each difference to the baseline in points
    as '+1.25', where the seed has both. Texts, with a dash for what is missing; the last row has the mean of
    each column over the seeds that have it.
    """
    seeds = sorted({seed for group in groups.values() for seed in group.by_seed})
    shares = {name: [_accuracy(group, seed) for seed in seeds] for name, group in groups.items()}
    columns: dict[str, list[str]] = {"Seed": [*map(str, seeds), MEAN]}
    for name, values in shares.items():
        columns[name] = [_percent(each) for each in (*values, _mean(values))]
    for name, values in shares.items():
        if name != baseline:
            differences = list(np.subtract(values, shares[baseline]))
            columns[f"{name} ahead by"] = [_points(each) for each in (*differences, _mean(differences))]
    return pd.DataFrame(columns)


def _accuracy(group: Group, seed: int) -> float:
    run = group.by_seed.get(seed)
    return run.metrics["test_accuracy"] if run else np.nan


def _mean(values: list[float]) -> float:
    finite = [each for each in values if np.isfinite(each)]
    return float(np.mean(finite)) if finite else np.nan


def _percent(share: float) -> str:
    return words.percent(share, 2) if np.isfinite(share) else "–"


def _points(difference: float) -> str:
    return words.signed(100 * difference, 2) if np.isfinite(difference) else "–"


def every_run_frame(groups: Mapping[str, Group]) -> pd.DataFrame:
    """A row for each run of the groups. Columns: Network, Seed, Accuracy [in %], Counted, State, Run id."""
    rows = [
        {
            NETWORK: name,
            "Seed": str(run.spec.training.seed),
            "Accuracy": 100 * run.metrics.get("test_accuracy", np.nan),
            "Counted": f"no: {reason}" if (reason := group.not_counted.get(run.run_id)) else "yes",
            "State": run.status,
            "Run id": run.run_id,
        }
        for name, group in groups.items()
        for run in sorted(group.runs, key=lambda run: (run.spec.training.seed, run.started))
    ]
    return pd.DataFrame(rows)
