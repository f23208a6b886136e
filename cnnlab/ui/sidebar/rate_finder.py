"""The learning-rate finder: a button in the sidebar, and the dialog in which a worker tries many rates."""

import streamlit as st

from cnnlab.evidence.rate_range import HIGHEST, LOWEST, STEPS, RateRange, suggestion
from cnnlab.spec import TITLES, ComparisonSpec, RunSpec, network_title
from cnnlab.ui.actions import reported
from cnnlab.ui.cached.rate_range import tried_rates
from cnnlab.ui.components import plot
from cnnlab.views.figures.rate_range import rate_range_figure, rate_range_words

BUTTON = "find_rate"


def button() -> None:
    """Asks for the dialog, which `dialog_if_asked` opens once all settings are known."""
    st.button(
        "Find a learning rate",
        key=BUTTON,
        icon=":material/troubleshoot:",
        type="tertiary",
        help="Tries the CNN of the sidebar with rising learning rates; takes some seconds.",
    )


def dialog_if_asked(comparison: ComparisonSpec | None) -> None:
    """Opens the dialog if the button was pressed; not while settings are refused, which the sidebar tells."""
    if st.session_state.get(BUTTON) and comparison:
        _dialog(comparison.runs()["model"])


@st.dialog("Learning-rate finder", width="medium")
def _dialog(spec: RunSpec) -> None:
    st.caption(
        f"A new {network_title(spec.model)} trains for at most {STEPS} steps while its learning rate rises "
        f"from {LOWEST:.6f} to {HIGHEST:g} (Smith 2017). It does so beside trainings under way, and is then "
        "thrown away."
    )
    with reported():
        with st.spinner("Trying learning rates"):
            tried = tried_rates(spec)
        plot.render(
            rate_range_figure(tried), key="rate_range", revision="rate_range", alt=rate_range_words(tried)
        )
        _offer(tried)


def _offer(tried: RateRange) -> None:
    """What is suggested, and the button that takes it."""
    rate = suggestion(tried)
    title = TITLES["learning_rate"]
    if rate is None:
        st.info(f"No suggestion: the loss did not fall at any rate. Try another '{TITLES['optimizer']}'.")
        return
    st.markdown(
        f"The dashed line, **{rate:g}**, is a tenth of the rate at which the loss is lowest: a good first "
        f"value of '{title}'."
    )
    if st.button(f"Use {rate:g}", key="use_rate", type="primary", on_click=_use, args=(rate,)):
        st.rerun()  # closes the dialog


def _use(rate: float) -> None:
    st.session_state["learning_rate"] = rate
