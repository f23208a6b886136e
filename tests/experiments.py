"""Experiments for some tests alone: what others trained or stored is in no list and in no cache."""

import contextlib
import uuid
from collections.abc import Iterator

import pytest
import streamlit as st

from cnnlab.runs import store


@contextlib.contextmanager
def own_experiments() -> Iterator[None]:
    """Runs and studies are made and listed in new experiments."""
    experiment, identity = store.experiment, uuid.uuid4().hex
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(store, "experiment", lambda name=store.EXPERIMENT: experiment(f"{name} {identity}"))
        st.cache_data.clear()
        yield
