"""The trainer, the queue of studies and the driver of sweeps that all pages share."""

import streamlit as st

from cnnlab.studies.queue import StudyQueue
from cnnlab.studies.sweep import SweepDriver
from cnnlab.trainer.limits import Limits
from cnnlab.trainer.trainer import Trainer


@st.cache_resource(show_spinner=False)
def trainer() -> Trainer:
    """The trainer of this process, with the limits of the environment; raises `InputRefused` for bad ones.

    All callers get the same object, inside a script run or outside: the pages of every session, the lifespan
    of app.py that runs it, and threads. Streamlit keeps it by this function's name and source, so it also
    survives a hot reload, which imports the modules of `cnnlab.ui` again.
    """
    return Trainer(Limits.of_environment())


@st.cache_resource(show_spinner=False)
def study_queue() -> StudyQueue:
    """The queue of studies of this process, which trains by `trainer()`."""
    return StudyQueue(trainer())


@st.cache_resource(show_spinner=False)
def sweep_driver() -> SweepDriver:
    """The driver of the sweeps of this process, which trains by `trainer()`."""
    return SweepDriver(trainer())
