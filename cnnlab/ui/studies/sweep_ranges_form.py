"""The controls for what a sweep varies: which settings, and for each a range of numbers or some values."""

import streamlit as st

from cnnlab.errors import InputRefused
from cnnlab.spec import ComparisonSpec
from cnnlab.studies.sweep_figures import value_text
from cnnlab.studies.sweep_plan import CONTROLS, Choices, Numbers, Range, Sweepable, Value, sweepable
from cnnlab.ui.plain_text import plain

VARIED = "sweep_ranges"  # session state: the paths of the settings to vary
AT_FIRST = ("training.learning_rate", "model.dense_units")
RANGE, VALUES = "Range", "Values"
WIDTH = 130


def render(comparison: ComparisonSpec) -> tuple[Range, ...]:
    """The controls; returns what they say. Raises `InputRefused` for values that are no numbers."""
    offered = {each.path: each for each in sweepable(comparison)}
    before = st.session_state.get(VARIED, AT_FIRST)
    chosen = [path for path in before if path in offered]  # a network with fewer blocks has fewer settings
    if chosen != list(before):
        st.session_state[VARIED] = chosen
    paths = st.multiselect(
        CONTROLS["ranges"],
        list(offered),
        chosen,
        format_func=lambda path: offered[path].label,
        key=VARIED,
        persist_state="session",
        placeholder="Choose settings of the sidebar",
        help="All other settings stay as the sidebar has them.",
    )
    return tuple(_range(offered[path]) for path in paths)


def _range(what: Sweepable) -> Range:
    """The controls of one setting."""
    with st.container(key=f"sweep_range_{_key(what)}", gap="small"):
        st.markdown(f"**{plain(what.label)}**")
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            if isinstance(what.suggested, Choices):
                return _choices(what, what.suggested)
            how = st.segmented_control(
                f"How '{what.label}' varies",
                [RANGE, VALUES],
                default=RANGE,
                required=True,
                key=f"sweep_how_{_key(what)}",
                persist_state="session",
                label_visibility="collapsed",
            )
            return _numbers(what, what.suggested) if how == RANGE else _values(what, what.suggested)


def _key(what: Sweepable) -> str:
    return what.path.replace("*", "every").replace(".", "_")


def _choices(what: Sweepable, suggested: Choices) -> Choices:
    values = st.pills(
        f"Values of '{what.label}'",
        list(suggested.values),
        selection_mode="multi",
        default=list(suggested.values),
        format_func=value_text,
        key=f"sweep_choices_{_key(what)}",
        persist_state="session",
        label_visibility="collapsed",
    )
    in_order = tuple(value for value in suggested.values if value in values)
    return Choices(path=what.path, values=in_order)


def _numbers(what: Sweepable, suggested: Numbers) -> Numbers:
    """Two numbers, and whether the scale between them is logarithmic. Bounds are checked by the plan."""
    low, high = (
        _number(f"{name} of '{what.label}'", key, value, what)
        for name, key, value in (("Lowest", "low", suggested.low), ("Highest", "high", suggested.high))
    )
    step = None
    log = st.toggle(
        "Log scale",
        suggested.log,
        key=f"sweep_log_{_key(what)}",
        persist_state="session",
        help="From 1 to 10 as many trials as from 10 to 100.",
    )
    if not log:
        step = st.number_input(
            "Step",
            value=None,
            format="%g",
            key=f"sweep_step_{_key(what)}",
            persist_state="session",
            placeholder="none",
            width=WIDTH,
            help="Between neighbouring values; empty for any number.",
        )
    return Numbers(path=what.path, low=low, high=high, log=log, step=step)


def _number(label: str, key: str, value: float, what: Sweepable) -> float:
    return st.number_input(
        label.split(" of ")[0],
        value=float(value),
        format="%g",
        key=f"sweep_{key}_{_key(what)}",
        persist_state="session",
        width=WIDTH,
    )


def _values(what: Sweepable, suggested: Numbers) -> Choices:
    text = st.text_input(
        f"Values of '{what.label}'",
        f"{suggested.low:g}, {suggested.high:g}",
        key=f"sweep_values_{_key(what)}",
        persist_state="session",
        width=320,
        label_visibility="collapsed",
        help="Separated by commas, such as 8, 16, 32.",
    )
    return Choices(
        path=what.path, values=tuple(_parsed(part, what) for part in text.split(",") if part.strip())
    )


def _parsed(text: str, what: Sweepable) -> Value:
    """Raises `InputRefused` for what is no number, or none that the setting takes."""
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    low, high = what.low, what.high
    fits = low is not None and high is not None and low <= number <= high
    if not fits or (what.whole and number % 1):
        kind = "whole numbers" if what.whole else "numbers"
        raise InputRefused(
            f"'{what.label}' takes {kind} from {low:,g} to {high:,g}, separated by commas, not "
            f"'{text.strip()}'."
        )
    return int(number) if what.whole else number
