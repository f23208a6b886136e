import numpy as np
import pandas as pd

from cnnlab.runs.groups import Group
from cnnlab.views.tables.groups import by_seed_frame, every_run_frame, groups_frame, spread_frame
from tests.made_runs import SMALL, seeded_run, series

CNN = Group((*series([0.8, 0.9]), seeded_run(9, 5, None, status="failed")))
DENSE = Group(tuple(series([0.7], first=20, seed=1, role="baseline")))


def test_without_groups_the_tables_are_empty():
    assert spread_frame({}).empty and every_run_frame({}).empty and groups_frame([]).empty


def test_means_are_in_percent_and_their_spread_in_points():
    row = spread_frame({"mine": CNN}).iloc[0]
    assert (row["Network"], row["Seeds"], row["Not counted"]) == ("mine", 2, "1 failed")
    np.testing.assert_allclose(
        row[["Test accuracy", "Lowest", "Highest", "Test s.d."]].to_numpy(float),
        [85, 80, 90, 100 * np.std([0.8, 0.9], ddof=1)],
    )


def test_one_seed_has_no_spread():
    assert np.isnan(spread_frame({"a": DENSE})["Test s.d."].iloc[0])


def test_a_group_has_its_settings_its_newest_run_and_all_its_runs_counted():
    frame = groups_frame([CNN, DENSE])
    assert frame["Network"].tolist() == ["CNN 8-16", "Dense 32"] and frame["Runs"].tolist() == [3, 1]
    assert frame["Settings"].tolist()[0].startswith("Dense units 32") and "epochs" in frame["Settings"][0]
    assert frame["Newest"].tolist() == [CNN.runs[2].started, DENSE.runs[0].started]
    assert pd.api.types.is_datetime64_any_dtype(frame["Newest"])
    other = seeded_run(3, spec=SMALL.with_setting("data.dataset", "mine-123"))
    assert groups_frame([Group((other,))])["Data set"].tolist() == ["mine-123"]


def test_a_seed_without_a_partner_has_no_difference():
    frame = by_seed_frame({"a": CNN, "b": DENSE}, "b")
    assert frame["a ahead by"].tolist() == ["–", "+20.00", "+20.00"]
    assert frame["b"].tolist() == ["–", "70.00%", "70.00%"]


def test_every_run_is_listed_by_its_seed_with_why_it_does_not_count():
    frame = every_run_frame({"a": CNN})
    assert frame["Seed"].tolist() == ["0", "1", "5"]
    assert frame["Counted"].tolist() == ["yes", "yes", "no: failed"]
