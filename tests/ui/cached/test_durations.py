"""How long trainings take here, judged by those that were trained before."""

import dataclasses

import pytest
import streamlit as st

from cnnlab import runs
from cnnlab.arithmetic.network import layer_rows, totals
from cnnlab.data.split import images_to_learn_from
from cnnlab.errors import StoreUnavailable
from cnnlab.runs import Run
from cnnlab.spec import PRESETS, RunSpec
from cnnlab.ui.cached import durations

SMALL, LAB = PRESETS["small"].runs(), PRESETS["lab"].runs()


def finished(spec: RunSpec, rate: float, status: runs.Status = "finished") -> Run:
    run_id = runs.create("model", "for durations", spec)
    runs.end(run_id, "stopped")
    macs = totals(layer_rows(spec.model, (28, 28, 1), 10)).macs
    made = runs.get(run_id)
    return dataclasses.replace(made, status=status, metrics={"images_per_second": rate, "macs": float(macs)})


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch):
    """Sets the newest runs, the newest first."""

    def set_to(*newest: Run) -> None:
        st.cache_data.clear()
        monkeypatch.setattr(runs, "recent", lambda limit, role=None: list(newest))

    yield set_to
    st.cache_data.clear()


def test_nothing_is_said_where_nothing_was_trained(stored):
    stored()
    assert durations.seconds(LAB["model"]) is None
    assert durations.seconds_of_comparison(PRESETS["lab"]) is None
    assert durations.seconds_of_all(LAB.values(), 2) is None


def test_the_newest_finished_run_of_the_same_network_decides(stored):
    stored(
        finished(LAB["model"], 9_000, "stopped"), finished(LAB["model"], 3_000), finished(LAB["model"], 1_000)
    )
    images = images_to_learn_from(LAB["model"])
    assert durations.seconds(LAB["model"]) == pytest.approx(images * 5 / 3_000)
    longer = PRESETS["lab"].with_setting("training.epochs", 10).runs()["model"]
    assert durations.seconds(longer) == pytest.approx(images * 10 / 3_000)


def test_another_network_is_judged_by_its_multiply_adds(stored):
    stored(finished(SMALL["model"], 10_000))
    macs = [totals(layer_rows(spec.model, (28, 28, 1), 10)).macs for spec in (SMALL["model"], LAB["model"])]
    rate = 10_000 * macs[0] / macs[1]
    assert durations.seconds(LAB["model"]) == pytest.approx(images_to_learn_from(LAB["model"]) * 5 / rate)
    assert durations.seconds(LAB["baseline"]) is None, "a dense network is judged by dense ones"


def test_two_networks_side_by_side_take_as_long_as_the_slower(stored):
    stored(finished(LAB["model"], 3_000), finished(LAB["baseline"], 30_000))
    assert durations.seconds_of_comparison(PRESETS["lab"]) == durations.seconds(LAB["model"])
    each = [durations.seconds(spec) for spec in LAB.values()]
    assert durations.seconds_of_all(LAB.values(), 2) == pytest.approx(sum(each) / 2)


def test_a_network_that_cannot_be_built_takes_no_time(stored):
    stored(finished(LAB["model"], 3_000))
    impossible = PRESETS["lab"].with_setting("model.blocks.0.pool_size", 8)
    impossible = impossible.with_setting("model.blocks.0.kernel_size", 11)
    assert durations.seconds_of_comparison(impossible) is None


def test_a_store_that_cannot_be_read_is_no_fault_of_the_sidebar(stored, monkeypatch):
    stored()

    def away(*arguments: object, **options: object) -> None:
        raise StoreUnavailable("The store is away.", passes=True)

    monkeypatch.setattr(runs, "recent", away)
    assert durations.seconds(LAB["model"]) is None


def test_nobody_waits_for_the_store_to_be_opened(stored, monkeypatch):
    stored(finished(LAB["model"], 3_000))
    monkeypatch.setattr(runs, "is_open", lambda: False)
    assert durations.seconds(LAB["model"]) is None
    monkeypatch.setattr(runs, "is_open", lambda: True)
    assert durations.seconds(LAB["model"]) is not None


@pytest.mark.parametrize("duration, text", [(0.2, "about 1 s"), (12.4, "about 12 s"), (200, "about 3 min")])
def test_a_duration_is_told_roughly(duration, text):
    assert durations.in_words(duration) == text
