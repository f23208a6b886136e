"""What a press of a button does: what cannot be done is answered with its sentence, and nothing is lost."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from cnnlab.errors import RunNotFound, SettingsRefused, TrainerUnavailable

CANNOT_DO = (TrainerUnavailable, SettingsRefused, RunNotFound, OSError)


def safely(act: Callable, *arguments: Any) -> None:
    """Acts, or says why not."""
    try:
        act(*arguments)
    except CANNOT_DO as error:
        st.toast(str(error), icon=":material/error:")
