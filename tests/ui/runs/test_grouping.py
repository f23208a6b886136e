"""The table of runs with one row for all that are equal but for the seed."""

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.spec import PRESETS
from cnnlab.ui.runs import grouping
from tests.dashboard import opened, press, run, turned_to
from tests.runs_page import listed, set_to, texts
from tests.stored_seeds import stored_seed

MNIST = PRESETS["small"].with_setting("data.dataset", "mnist")
ACCURACIES = {"model": [0.9, 0.92, 0.91], "baseline": [0.85, 0.86]}


@pytest.fixture
def seeds(stored) -> dict[str, list[str]]:
    """Role → runs of several seeds; besides them there are the four runs of the folder's `stored`."""
    return {
        role: [stored_seed(MNIST, role, seed, share) for seed, share in enumerate(shares)]
        for role, shares in ACCURACIES.items()
    }


@pytest.fixture
def tick(monkeypatch: pytest.MonkeyPatch):
    """Has the drawn table report these rows as ticked from now on."""
    draw = grouping._draw

    def ticked(app, *rows: int) -> None:
        monkeypatch.setattr(grouping, "_draw", lambda *given: [draw(*given), list(rows)][1])
        run(app)

    return ticked


def grouped() -> AppTest:
    app = opened("runs")
    set_to(app, "toggle", "runs_grouped", True)
    return app


def frame(app: AppTest) -> pd.DataFrame:
    return app.main.dataframe[0].value


def test_equal_runs_are_one_row_with_mean_spread_and_number_of_seeds(seeds):
    shown = frame(grouped())
    own = shown[shown["Data set"] == "Handwriting (MNIST)"].set_index("Network")
    for name, shares in zip(("CNN 8-16", "Dense 32"), ACCURACIES.values(), strict=True):
        assert own.loc[name, "Seeds"] == own.loc[name, "Runs"] == len(shares)
        np.testing.assert_allclose(own.loc[name, "Test accuracy"], 100 * np.mean(shares))
        np.testing.assert_allclose(own.loc[name, "Test s.d."], 100 * np.std(shares, ddof=1))


def test_a_search_applies_before_grouping(seeds):
    app = opened("runs")
    set_to(app, "text_input", "runs_text", "alpha")
    set_to(app, "toggle", "runs_grouped", True)
    assert frame(app)["Runs"].tolist() == [1] and "1 group of 1 run." in texts(app)
    set_to(app, "text_input", "runs_text", "no such run")
    assert "No runs match" in texts(app)


def test_groups_are_sorted_by_their_means(seeds):
    app = grouped()
    set_to(app, "selectbox", "runs_order", "Test accuracy")
    means = frame(app)["Test accuracy"].dropna().tolist()
    assert means == sorted(means, reverse=True) and len(means) > 2
    set_to(app, "toggle", "runs_ascending", True)
    assert frame(app)["Test accuracy"].dropna().tolist() == means[::-1]


def test_runs_of_studies_are_among_the_active_ones(seeds):
    study = runs.create_study("seeds", "Seeds", b"{}")
    stored_seed(MNIST, "model", 8, 0.93, study=study, study_kind="seeds", arm="seed 8")
    app = grouped()
    shown = frame(app)
    assert 4 in shown["Seeds"].tolist() and "Runs of studies are among them." in texts(app)
    assert "folded away" not in texts(app)


def test_two_ticked_groups_lead_to_compare_with_their_runs(seeds, tick):
    app = grouped()
    rows = frame(app).index[frame(app)["Data set"] == "Handwriting (MNIST)"].tolist()
    tick(app, *rows)
    assert "2 groups selected, 5 runs" in texts(app)
    app.button(key="compare_runs").click()
    run(app)
    asked = [set(text.split(".")) for text in app.query_params["groups"][0].split(",")]
    assert sorted(map(sorted, asked)) == sorted(sorted(ids) for ids in seeds.values())
    assert "Over 2 seeds" in texts(turned_to(app, "compare"))


def test_a_group_of_many_seeds_is_compared_by_its_newest_twenty(stored):
    from cnnlab.runs.groups import grouped as groups_of
    from cnnlab.ui.compare.group_choice import address
    from tests.made_runs import series

    [text] = address(groups_of(series([0.8] * 25))).split(",")
    assert text.split(".") == [f"run{number}" for number in range(24, 4, -1)]


def test_what_is_done_to_a_group_is_done_to_all_its_runs(seeds, tick):
    app = grouped()
    tick(app, *frame(app).index[frame(app)["Seeds"] == 3].tolist())
    assert app.button(key="look_inside_run").disabled and app.button(key="open_run").disabled
    press(app, "archive_runs")
    assert len(listed("archived")) == 1 and "Archived 3 runs" in texts(app)
    press(app, "undo_runs")
    assert not listed("archived")


def test_a_group_of_one_run_is_that_run(seeds, tick):
    app = grouped()
    tick(app, frame(app).index[frame(app)["Runs"] == 1].tolist()[0])
    assert not app.button(key="open_run").disabled and not app.button(key="compare_runs").disabled


def test_more_runs_than_are_read_are_told(seeds, monkeypatch):
    monkeypatch.setattr(grouping, "MOST", 3)
    assert "Only the first 3 runs of 9 are grouped: narrow them" in texts(grouped())


def test_runs_of_other_tools_are_listed_one_by_one(seeds):
    app = grouped()
    set_to(app, "selectbox", "runs_view", "foreign")
    assert "No other tool" in texts(app)


def test_without_runs_the_page_says_what_it_says_without_groups(stored):
    app = grouped()
    set_to(app, "selectbox", "runs_view", "archived")
    assert "No run is archived" in texts(app) and not app.main.dataframe
