"""Tables of real, small runs, and of none."""

import io

import numpy as np
import pandas as pd
import pytest

from cnnlab import runs
from cnnlab.export import tables
from cnnlab.runs import Run
from cnnlab.runs.metrics import log_metrics
from cnnlab.spec import PRESETS, Role, flatten

SMALL = PRESETS["small"].with_setting("data.images", 100)


@pytest.fixture(scope="module")
def stored() -> dict[Role, Run]:
    """A model that was trained for two epochs of two steps, as far as the store knows, and its baseline."""
    from mlflow.entities import Metric

    for role, spec in SMALL.runs().items():
        run_id = runs.create(role, "tables", spec)
        values = [("loss", 2.5, 1000, 0), ("loss", np.inf, 1500, 1), ("val_loss", np.nan, 4000, 4)]
        log_metrics(run_id, [Metric(*value) for value in values])
    return runs.members("tables")


def test_curves_are_the_stored_ones_run_by_run_with_epochs_and_seconds(stored):
    order = [stored["baseline"], stored["model"]]
    table = tables.curves(order)
    assert list(table.columns) == tables.CURVES_COLUMNS
    assert table["run_id"].tolist() == [run.run_id for run in order for _ in range(3)]
    assert table["name"].tolist() == ["Dense 32"] * 3 + ["CNN 8-16"] * 3
    first = table[:3]
    assert list(zip(first["metric"], first["step"], strict=True)) == [
        ("loss", 0),
        ("loss", 1),
        ("val_loss", 4),
    ]
    assert first["epoch"].tolist() == [0, 0.5, 2]  # 90 images to learn from, 64 a step
    assert first["seconds"].tolist() == [0, 0.5, 3]  # no rates are stored
    assert first["value"].tolist()[:2] == [2.5, np.inf] and np.isnan(first["value"].iloc[2])


def test_results_hold_every_setting_and_metric_and_leave_empty_what_a_run_has_not(stored):
    model, baseline = stored["model"], stored["baseline"]
    table = tables.results([model, baseline])
    for (_, row), run in zip(table.iterrows(), (model, baseline), strict=True):
        settings = flatten(run.spec)
        assert {path: row[path] for path in settings} == settings
        assert (row["run_id"], row["role"], row["started"]) == (run.run_id, run.role, run.started)
        assert row["loss"] == run.metrics["loss"]
    assert table["model.blocks.0.filters"].isna().tolist() == [False, True]
    assert table["model.units"].isna().tolist() == [True, False]


def test_of_no_runs_there_are_headings_and_no_rows():
    assert tables.curves([]).empty and list(tables.curves([]).columns) == tables.CURVES_COLUMNS
    assert tables.results([]).empty and list(tables.results([]).columns) == tables.DESCRIBED


@pytest.mark.parametrize("of", [tables.curves, tables.results])
def test_a_csv_file_holds_the_values_of_the_table(stored, of):
    table = of(list(stored.values()))
    dates = [name for name in ("started",) if name in table]
    found = pd.read_csv(io.BytesIO(tables.csv(table)), parse_dates=dates)
    assert list(found.columns) == list(table.columns)
    for name in table:
        assert list(found[name].dropna()) == list(table[name].replace("", None).dropna())
        assert found[name].isna().tolist() == table[name].replace("", None).isna().tolist()


@pytest.mark.parametrize("of", [tables.curves, tables.results])
def test_a_parquet_file_holds_the_table_with_its_types(stored, of):
    table = of(list(stored.values()))
    found = pd.read_parquet(io.BytesIO(tables.parquet(table)))
    pd.testing.assert_frame_equal(found, table, check_dtype=False)
    assert [dtype.kind for dtype in found.dtypes] == [dtype.kind for dtype in table.dtypes]


def test_whole_numbers_stay_whole_beside_a_run_without_them(stored):
    text = tables.csv(tables.results(list(stored.values()))).decode()
    heading, model, baseline = (line.split(",") for line in text.splitlines())
    place = heading.index("model.blocks.0.filters")
    assert (model[place], baseline[place]) == ("8", "")
