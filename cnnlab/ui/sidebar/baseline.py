"""The baseline's controls."""

from typing import Any, Literal

import streamlit as st
from pydantic import ValidationError

from cnnlab.arithmetic.network import check, matching_units
from cnnlab.data.registry import DATASETS
from cnnlab.spec import (
    ConvNetSpec,
    DenseSpec,
)
from cnnlab.ui.sidebar.widgets import number_field, switch

SECOND_LAYER_HELP = "Units of a second hidden layer after the first one; 0 for none."


def baseline(model: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """The baseline as a tree of settings, from its controls."""
    with st.expander("Baseline"):
        by_params = switch(
            "match_parameters",
            help="Picks the units whose parameter count comes closest to the CNN's.",
            on_change=_match_one,
            args=("match_parameters", "match_macs"),
        )
        by_macs = switch(
            "match_macs",
            help="Picks the units whose multiply-adds for one image come closest to the CNN's.",
            on_change=_match_one,
            args=("match_macs", "match_parameters"),
        )
        number_field("units", step=16, disabled=by_params or by_macs)
        number_field("second_units", step=16, help=SECOND_LAYER_HELP)
        if matching := _matching(model, data):
            st.caption(f"{matching:,} units come closest.")
    return baseline_of(model, data)


def baseline_of(model: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """The baseline as its controls say, whether they are drawn or not."""
    units = _matching(model, data) or st.session_state["units"]
    second = st.session_state["second_units"]
    return {"kind": "dense", "units": units, "second_units": second, "activation": model["activation"]}


def _matching(model: dict[str, Any], data: dict[str, Any]) -> int | None:
    """The units that match the CNN as the switches say; an address may have switched both on."""
    if st.session_state["match_parameters"]:
        return _matching_units(model, data, "params")
    return _matching_units(model, data, "macs") if st.session_state["match_macs"] else None


def _match_one(switched: str, other: str) -> None:
    """No number of units matches both: the switch that was moved last stands."""
    if st.session_state[switched]:
        st.session_state[other] = False


def _matching_units(model: dict[str, Any], data: dict[str, Any], by: Literal["params", "macs"]) -> int | None:
    """The units that match the CNN; None where the networks are refused anyway."""
    try:
        network = ConvNetSpec.model_validate(model)
        second = DenseSpec(second_units=st.session_state["second_units"]).second_units
    except ValidationError:
        return None
    info = DATASETS.get(data["dataset"])
    if info is None or check(network, info.input_shape, len(info.classes)):
        return None
    return matching_units(network, info.input_shape, len(info.classes), by, second)
