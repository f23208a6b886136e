"""Runs and times in a few words, for boxes."""

from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from cnnlab import words
from cnnlab.data.registry import DATASETS
from cnnlab.runs import Run
from cnnlab.spec import Role, network_title
from cnnlab.ui import visitor


def local_time(time: pd.Timestamp) -> str:
    """A point in time in the browser's time zone, else in the server's: '25 Nov 2026, 14:05'."""
    if pd.isna(time):
        return "at an unknown time"
    zone = st.context.timezone
    return words.moment(time.to_pydatetime(), ZoneInfo(zone) if zone else None)


def run_label(run: Run) -> str:
    """'CNN 64-64 (86.0%), 25 Nov 2026, 14:05'; the status stands for the accuracy of an untested run.

    With ' · Ann' behind it where it is another visitor's.
    """
    return f"{_with_result(run, run.name)}, {local_time(run.started)}{of_other(run.visitor)}"


def of_other(owner: str) -> str:
    """' · Ann', whose a run or a study is; empty where it is the current visitor's."""
    return "" if visitor.is_mine(owner) else f" · {visitor.name_of(owner)}"


def comparison_label(members: dict[Role, Run]) -> str:
    """'25 Nov 2026, 14:05 · CNN 64-64 (86.0%) and Dense 128 (82.9%) · Fashion-MNIST'.

    With ' · Ann' behind it where it is another visitor's.
    """
    first = next(iter(members.values()))
    dataset = first.spec.data.dataset
    data = DATASETS[dataset].title if dataset in DATASETS else "other data"
    networks = [_with_result(members[role]) for role in ("model", "baseline") if role in members]
    return f"{local_time(first.started)} · {words.listing(networks)} · {data}{of_other(first.visitor)}"


def _with_result(run: Run, name: str = "") -> str:
    return f"{name or network_title(run.spec.model)} ({result(run)})"


def result(run: Run) -> str:
    """Its accuracy on the test images, '86.0%'; its status where it was not tested."""
    accuracy = run.metrics.get("test_accuracy")
    return words.percent(accuracy) if accuracy is not None else run.status
