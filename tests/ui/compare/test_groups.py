"""Groups of seeds on the page Compare, on stored runs; no worker is asked for anything."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pytest
import streamlit as st
from scipy import stats
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.spec import PRESETS
from cnnlab.ui.plain_text import plain
from tests.dashboard import opened, press, run
from tests.experiments import own_experiments
from tests.stored_seeds import stored_seed

SMALL = PRESETS["small"].with_setting("data.dataset", "mnist")  # 1,000 test images
CNN, DENSE = [0.9, 0.912, 0.905], [0.88, 0.885, 0.879]
CLAIM = "Over 3 seeds, CNN 8-16 is better than Dense 32 by"

pytestmark = pytest.mark.usefixtures("nobody_is_asked")


class Stored(NamedTuple):
    """The ids of the runs."""

    cnn: list[str]
    dense: list[str]
    diverged: str

    @property
    def address(self) -> str:
        return f"{'.'.join([*self.cnn, self.diverged])},{'.'.join(self.dense)}"


@pytest.fixture(scope="module")
def stored() -> Iterator[Stored]:
    """Three seeds of a CNN and of a dense network, and a fourth of the CNN that diverged."""
    with own_experiments():
        yield Stored(
            [stored_seed(SMALL, "model", seed, share) for seed, share in enumerate(CNN)],
            [stored_seed(SMALL, "baseline", seed, share) for seed, share in enumerate(DENSE)],
            stored_seed(SMALL, "model", 7, 0.5, "failed"),
        )


def texts(app: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "warning", "error")
    return "\n".join(str(element.value) for kind in kinds for element in app.main.get(kind))


def groups(app: AppTest) -> list[str]:
    return app.multiselect(key="compared_groups").value


def turn_to(app: AppTest, section: str) -> AppTest:
    app.button_group(key="compare_section_of_seeds").set_value(section)
    return run(app)


def test_a_link_to_two_groups_shows_the_verdict_once_and_its_tables(stored):
    app = opened("compare", groups=stored.address)
    assert texts(app).count(plain(CLAIM)) == 1
    p = stats.ttest_rel(CNN, DENSE).pvalue
    assert f"p = {p:.3f}, paired t test" in texts(app)
    means, by_seed, every = (each.value for each in app.main.dataframe)
    assert means["Test accuracy"].tolist() == pytest.approx([100 * np.mean(CNN), 100 * np.mean(DENSE)])
    assert means["Seeds"].tolist() == [3, 3] and means["Not counted"].tolist() == ["1 diverged", ""]
    assert by_seed["Seed"].tolist() == ["0", "1", "2", "Mean"] and len(every) == 7
    assert "1 diverged" in texts(app)
    assert app.query_params["groups"] == [stored.address] or app.query_params["groups"] == stored.address


@pytest.mark.parametrize("section", ["Side by side", "Where they differ", "Robustness", "Export"])
def test_the_other_sections_show_the_runs_of_one_seed(stored, section):
    app = turn_to(opened("compare", groups=stored.address), section)
    assert not app.main.error
    told = [warning.value for warning in app.main.warning]
    assert all("model.keras" in text for text in told), "no network is stored with these runs"
    assert not told or section == "Export"
    if section == "Side by side":
        assert app.main.dataframe[0].value["Run"].tolist() == ["CNN 8-16, seed 0", "Dense 32, seed 0"]
        app.selectbox(key="compared_seed").set_value(2)
        results = run(app).main.dataframe[0].value
        assert results["Run"].tolist() == ["CNN 8-16, seed 2", "Dense 32, seed 2"]
        assert results["Test accuracy"].tolist() == [90.5, 87.9]


def test_without_an_address_the_groups_that_share_most_seeds_are_chosen(stored):
    app = opened("compare")
    app.button_group(key="compare_kind").set_value("Groups")
    app = run(app)
    assert CLAIM in texts(app)
    assert {frozenset(text.split(".")) for text in groups(app)} == {
        frozenset([*stored.cnn, stored.diverged]),
        frozenset(stored.dense),
    }


def test_runs_and_groups_are_changed_over_and_each_keeps_its_choice(stored):
    app = opened("compare", groups=stored.address)
    app.button_group(key="compare_kind").set_value("Runs")
    run(app)
    assert "groups" not in app.query_params and app.multiselect(key="compared_runs").value
    app.button_group(key="compare_kind").set_value("Groups")
    assert groups(run(app)) == stored.address.split(",") and "runs" not in app.query_params


def test_chosen_runs_that_are_seeds_of_two_settings_have_the_section_too(stored):
    two = [*stored.cnn[:2], *stored.dense[:2]]
    app = opened("compare", runs=",".join(two))
    assert "**Over 2 seeds, " in texts(app)
    assert app.button_group(key="compare_section_of_seeds").value == "Over seeds"
    assert app.main.dataframe[0].value["Seeds"].tolist() == [2, 2]


def test_runs_that_are_no_seeds_of_two_settings_have_the_page_as_before(stored):
    app = opened("compare", runs=f"{stored.cnn[0]},{stored.dense[0]}")
    assert app.button_group(key="compare_section").value == "Side by side"
    assert "Over" not in app.button_group(key="compare_section").options[0]


def test_one_group_shows_its_spread_and_asks_for_another(stored):
    app = opened("compare", groups=".".join(stored.cnn))
    assert "Choose a second group to hold this one against." in texts(app)
    assert app.main.dataframe[0].value["Seeds"].tolist() == [3]
    assert "at least two runs" in texts(turn_to(app, "Robustness"))


def test_the_baseline_is_chosen_among_the_groups(stored):
    app = opened("compare", groups=stored.address)
    assert app.selectbox(key="baseline_group").value == "Dense 32"
    app.selectbox(key="baseline_group").set_value("CNN 8-16")
    assert "Dense 32 ahead by" in run(app).main.dataframe[1].value.columns


def test_a_run_that_is_gone_is_named_and_the_others_of_its_group_are_shown(stored):
    address = f"{'.'.join([*stored.cnn, 'gone'])},{'.'.join(stored.dense)}"
    app = opened("compare", groups=address)
    assert "1 of the 4 runs of a group in the address is left out" in texts(app)
    assert CLAIM in texts(app)


def test_a_group_that_is_gone_or_is_none_is_told(stored):
    app = opened("compare", groups=f"gone.lost,{stored.cnn[0]}.{stored.dense[0]}")
    assert "No run of one of the groups in the address is in the store." in texts(app)
    assert "differ in more than the seed" in texts(app)
    assert "Choose 1 to 6 groups to compare." in texts(app)


def test_at_most_twenty_runs_of_a_group_are_read_from_an_address(stored):
    address = ".".join([*stored.cnn, *(f"gone{number}" for number in range(30))])
    app = opened("compare", groups=address)
    assert "30 of the 33 runs of a group in the address are left out" in texts(app)


def test_a_store_without_seeds_says_how_to_get_some():
    with own_experiments():
        app = opened("compare")
        app.button_group(key="compare_kind").set_value("Groups")
        assert "No settings have been trained with two seeds yet" in texts(run(app))


@pytest.mark.parametrize(
    "text", ["it's", "' OR 1=1", "x/../y%27.a", "a\x00b", "..,.,", "![x](https://e.example)"]
)
def test_the_page_opens_whatever_groups_its_address_asks_for(stored, text):
    opened("compare", groups=text)


def test_report_and_tables_hold_every_seed(stored, monkeypatch):
    offered = {}

    def button(label, data, file_name, mime, **_):
        offered[file_name] = data

    monkeypatch.setattr(st, "download_button", button)
    app = turn_to(opened("compare", groups=stored.address), "Export")
    results = offered["comparison_results.csv"]().decode()
    assert all(run_id in results for run_id in (*stored.cnn, *stored.dense, stored.diverged))
    press(app, "prepare_report")
    report = (
        offered["comparison_report.html"]().decode()
        if isinstance(made := offered["comparison_report.html"](), bytes)
        else made
    )
    assert CLAIM in report and "Every run of these groups" in report and stored.diverged in report


def test_deleted_runs_are_in_no_group_that_is_offered():
    with own_experiments():
        ids = [stored_seed(SMALL, "model", seed, 0.9) for seed in range(3)]
        runs.delete(ids[:1])
        app = opened("compare")
        app.button_group(key="compare_kind").set_value("Groups")
        assert {frozenset(text.split(".")) for text in groups(run(app))} == {frozenset(ids[1:])}
