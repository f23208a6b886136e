"""About how long trainings take here, judged by those that were trained before."""

from collections.abc import Iterable
from typing import NamedTuple

import streamlit as st

from cnnlab import runs, words
from cnnlab.arithmetic.network import layer_rows, totals
from cnnlab.checks import refusals
from cnnlab.data.registry import DATASETS
from cnnlab.errors import UserError
from cnnlab.spec import ComparisonSpec, RunSpec
from cnnlab.studies.progress import images_to_see, speed_key

REMEMBERED = 60  # seconds
LOOKED_AT = 50  # of the newest runs


class _Speeds(NamedTuple):
    """What the newest finished runs reached."""

    of_networks: dict[str, float]
    """Network and batch size → images per second."""
    of_kinds: dict[str, float]
    """Kind of network → multiply-adds per second, each of one image's way forward."""


def seconds(spec: RunSpec) -> float | None:
    """How long this training takes; None if nothing like it was trained, or the network cannot be built."""
    info = DATASETS.get(spec.data.dataset)
    if info is None:
        return None
    speeds = _speeds()
    rate = speeds.of_networks.get(speed_key(spec))
    if rate is None:
        macs = totals(layer_rows(spec.model, info.input_shape, len(info.classes))).macs
        rate = speeds.of_kinds.get(spec.model.kind, 0.0) / macs
    return images_to_see(spec) / rate if rate else None


def in_words(duration: float) -> str:
    """'about 12 s'; a second at least."""
    return f"about {words.seconds(max(1.0, duration))}"


def seconds_of_comparison(comparison: ComparisonSpec) -> float | None:
    """How long both networks take, side by side on two workers; None where that is not known."""
    if refusals(comparison):
        return None
    known = [seconds(spec) for spec in comparison.runs().values()]
    return max(each or 0.0 for each in known) if known[0] is not None else None


def seconds_of_all(specs: Iterable[RunSpec], workers: int) -> float | None:
    """How long several trainings take on so many workers; None where that of one is not known."""
    each = [seconds(spec) for spec in specs]
    if not each or None in each:
        return None
    return sum(filter(None, each)) / max(1, workers)


def _speeds() -> _Speeds:
    """Empty until the store has been opened, for which the first page does not wait here."""
    return _measured() if runs.is_open() else _Speeds({}, {})


@st.cache_data(ttl=REMEMBERED, show_spinner=False)
def _measured() -> _Speeds:
    try:
        newest = runs.recent(LOOKED_AT)
    except UserError:  # the page says so itself
        return _Speeds({}, {})
    networks: dict[str, float] = {}
    kinds: dict[str, float] = {}
    for run in newest:
        rate, macs = (run.metrics.get(name, 0.0) for name in ("images_per_second", "macs"))
        if run.status == "finished" and rate and macs:
            networks.setdefault(speed_key(run.spec), rate)
            kinds.setdefault(run.spec.model.kind, rate * macs)
    return _Speeds(networks, kinds)
