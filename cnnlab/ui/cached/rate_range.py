"""The learning-rate range test by a worker; cached, so that no network is tried twice."""

import streamlit as st

from cnnlab.evidence.rate_range import RateRange
from cnnlab.spec import RunSpec, TrainingSpec
from cnnlab.ui.cached.trainer import trainer
from cnnlab.worker.rate_range import try_rates

MOST_SECONDS = 180.0  # a large network on a busy processor
MOST_KEPT = 50  # tests


def tried_rates(spec: RunSpec) -> RateRange:
    """The losses at rising learning rates. Raises `UserError`."""
    training = spec.training
    counting = TrainingSpec(
        optimizer=training.optimizer, batch_size=training.batch_size, seed=training.seed
    )  # the other settings have no effect
    return _tried(spec.model_copy(update={"training": counting}).model_dump_json())


@st.cache_data(max_entries=MOST_KEPT, show_spinner=False)
def _tried(spec: str) -> RateRange:
    return trainer().questions.ask(try_rates, RunSpec.model_validate_json(spec), seconds=MOST_SECONDS)
