"""What was found, and how it is to become a data set: names, size, colours, shape, and the part for test."""

from typing import NamedTuple, get_args

import numpy as np
import pandas as pd
import streamlit as st

from cnnlab import words
from cnnlab.data.own.choices import (
    COLOURS,
    FIT,
    HEIGHT,
    MOST_NAME,
    MOST_SHARE,
    NAMES,
    OTHERS,
    SEED,
    SHARE,
    WIDTH,
    Choices,
    Fit,
    Others,
)
from cnnlab.data.own.contents import Contents
from cnnlab.data.own.own_images import LEAST_SIDE, MOST_SIDE
from cnnlab.data.own.suggestion import suggested
from cnnlab.ui.data.bring_source import Brought
from cnnlab.ui.plain_text import plain

SUGGESTED = "bring_suggested"  # session state: what was suggested for which files
FITS: dict[Fit, str] = {"pad": "All, with black beside it", "crop": "The middle"}
OTHERS_TITLES: dict[Others, str] = {"skip": "Skip", "refuse": "Refuse all"}
LEAST_SHARE, SHARE_STEP = 0.05, 0.05
NAMES_IN_A_ROW = 4
MOST_LISTED = 200  # files that cannot be used


class Plan(NamedTuple):
    """What is to be added."""

    name: str
    choices: Choices


def render(brought: Brought) -> Plan:
    """The controls, which begin with what suits the files."""
    contents = brought.contents
    first = _suggested(brought)
    _facts(contents)
    with st.container(border=True, key="bring_choices"):
        name = st.text_input("Name", brought.name, key=_key("name", brought), persist_state="session")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            height = _side(HEIGHT, first.height, brought)
            width = _side(WIDTH, first.width, brought)
            colours = st.segmented_control(
                COLOURS,
                ("Grey", "Colour"),
                default="Grey" if first.channels == 1 else "Colour",
                required=True,
                key=_key("colours", brought),
                persist_state="session",
            )
            fit = st.segmented_control(
                FIT,
                get_args(Fit),
                default="pad",
                format_func=FITS.__getitem__,
                required=True,
                key=_key("fit", brought),
                persist_state="session",
            )
            others = st.segmented_control(
                OTHERS,
                get_args(Others),
                default="skip",
                format_func=OTHERS_TITLES.__getitem__,
                required=True,
                key=_key("others", brought),
                persist_state="session",
            )
        share, seed = _division(brought)
        names = _names(brought)
    channels = 1 if colours == "Grey" else 3
    return Plan(name, Choices(height, width, channels, fit, others, names, share, seed))


def _key(control: str, brought: Brought) -> str:
    """Other files have controls of their own."""
    return f"bring_{control}_{brought.token}"


def _suggested(brought: Brought) -> Choices:
    known = st.session_state.get(SUGGESTED)
    if not known or known[0] != brought.token:
        known = st.session_state[SUGGESTED] = brought.token, suggested(brought.contents)
    return known[1]


def _side(title: str, first: int, brought: Brought) -> int:
    return st.number_input(
        title,
        LEAST_SIDE,
        MOST_SIDE,
        first,
        key=_key(title.lower(), brought),
        persist_state="session",
        width=120,
        help="In pixels.",
    )


def _division(brought: Brought) -> tuple[float, int]:
    if brought.contents.divided:
        return Choices.test_share, Choices.seed
    with st.container(horizontal=True, vertical_alignment="bottom"):
        share = st.slider(
            SHARE,
            LEAST_SHARE,
            MOST_SHARE,
            Choices.test_share,
            SHARE_STEP,
            format="percent",
            key=_key("share", brought),
            persist_state="session",
            width=320,
            help="Drawn at random from each class. Networks are never trained on these images.",
        )
        seed = st.number_input(
            SEED, 0, 2**31 - 1, 0, key=_key("seed", brought), persist_state="session", width=160
        )
    return share, seed


def _names(brought: Brought) -> tuple[str, ...]:
    classes = brought.contents.classes
    with st.expander(NAMES, key=_key("names", brought)):
        names = []
        for start in range(0, len(classes), NAMES_IN_A_ROW):
            row = st.columns(NAMES_IN_A_ROW)
            for column, (number, name) in zip(row, list(enumerate(classes))[start:], strict=False):
                key = _key(f"class_{number}", brought)
                names.append(
                    column.text_input(plain(name), name, MOST_NAME, key=key, persist_state="session")
                )
    return tuple(names)


def _facts(contents: Contents) -> None:
    """How many there are of what, and what cannot be used."""
    number, classes = len(contents.labels), len(contents.classes)
    st.write(
        f"{words.count(number, 'image')} of {classes} classes, {_sizes(contents)}, {_colours(contents)}."
    )
    for note in contents.notes:
        st.caption(plain(note))
    if contents.unusable:
        with st.expander(f"{words.count(len(contents.unusable), 'file')} cannot be used"):
            st.dataframe(
                pd.DataFrame(contents.unusable[:MOST_LISTED], columns=["File", "Why"]), hide_index=True
            )
    balance = pd.DataFrame({"Class": contents.classes, "Images": contents.counts})
    most = int(contents.counts.max())
    bar = st.column_config.ProgressColumn(format="%d", min_value=0, max_value=most)
    st.dataframe(balance, hide_index=True, column_config={"Images": bar}, key="bring_balance")


def _sizes(contents: Contents) -> str:
    """'all 32×24 pixels', or the range of their heights and widths; height first, as everywhere."""
    (low_width, low_height), (width, height) = contents.sizes.min(axis=0), contents.sizes.max(axis=0)
    if (low_width, low_height) == (width, height):
        return f"all {height}×{width} pixels"
    return f"{low_height:,} to {height:,} pixels high and {low_width:,} to {width:,} wide"


def _colours(contents: Contents) -> str:
    coloured = int(np.count_nonzero(contents.in_colour))
    if coloured in (0, len(contents.labels)):
        return "stored in colour" if coloured else "grey"
    return f"{coloured:,} of them stored in colour"
