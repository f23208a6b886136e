"""The presets as cards: what each costs, how long it takes here, and which of them is set."""

from collections.abc import Callable

import streamlit as st

from cnnlab import words
from cnnlab.arithmetic.network import check, layer_rows, totals
from cnnlab.data.registry import DATASETS
from cnnlab.spec import PRESET_TITLES, PRESETS, ComparisonSpec
from cnnlab.ui.cached import durations

CHOSEN = "preset"  # session state: the one that was set last
NO_BREAK = "\u00a0"  # a space at which no line breaks
SELECTED, MODIFIED, OTHER = (
    ":material/radio_button_checked:",
    ":material/edit:",
    ":material/radio_button_unchecked:",
)


def render(now: ComparisonSpec | None, apply: Callable[[ComparisonSpec], None]) -> None:
    """A button for each preset.

    Args:
        now: What the controls say; None where a single value is refused.
        apply: Called with the preset of the button that is pressed.
    """
    fits = next((name for name, preset in PRESETS.items() if now and same_settings(now, preset)), "")
    if fits:
        st.session_state[CHOSEN] = fits
    chosen = st.session_state.get(CHOSEN, "")
    for name, preset in PRESETS.items():
        with_data = preset.model_copy(update={"data": now.data}) if now else preset
        modified = name == chosen and not fits
        st.button(
            _label(name, with_data, modified),
            key=f"preset_{name}",
            icon=SELECTED if name == fits else MODIFIED if modified else OTHER,
            on_click=_choose,
            args=(name, apply),
            width="stretch",
        )


def same_settings(first: ComparisonSpec, second: ComparisonSpec) -> bool:
    """Whether networks and training are the same, but for the seed; presets leave data and seed alone."""
    seed = second.training.seed
    return (first.model, first.baseline, first.training.model_copy(update={"seed": seed})) == (
        second.model,
        second.baseline,
        second.training,
    )


def _choose(name: str, apply: Callable[[ComparisonSpec], None]) -> None:
    st.session_state[CHOSEN] = name
    apply(PRESETS[name])


def _label(name: str, comparison: ComparisonSpec, modified: bool) -> str:
    info = DATASETS.get(comparison.data.dataset)
    parts = [f"**{PRESET_TITLES[name]}**{', modified' if modified else ''}"]
    if info and check(comparison.model, info.input_shape, len(info.classes)):
        height, width, _ = info.input_shape
        parts.append(f"does not fit {height}×{width} pixels")
    elif info:
        rows = layer_rows(comparison.model, info.input_shape, len(info.classes))
        parts.append(f"{words.short(totals(rows).params)} parameters")
    if (duration := durations.seconds_of_comparison(comparison)) is not None:
        parts.append(durations.in_words(duration).replace(" ", NO_BREAK))
    return " · ".join(parts)
