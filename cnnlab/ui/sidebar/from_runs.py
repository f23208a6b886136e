"""The settings of stored runs: told in the sidebar where it has no controls, and put back into them."""

from collections.abc import Iterable

import streamlit as st

from cnnlab import words
from cnnlab.data.augmentation import Augmentation
from cnnlab.data.registry import DATASETS
from cnnlab.runs import Run
from cnnlab.spec import ComparisonSpec, ConvNetSpec, Role, network_title
from cnnlab.ui.choices.labels import local_time, result
from cnnlab.ui.plain_text import plain
from cnnlab.ui.sidebar import panel


def comparison_of(members: dict[Role, Run]) -> ComparisonSpec:
    """The settings that a comparison was trained with; without a baseline where that is a pinned run.

    The model of the members must be a CNN.
    """
    model, baseline = members["model"], members.get("baseline")
    own = baseline if baseline and baseline.comparison == model.comparison else None
    return ComparisonSpec(
        data=model.spec.data,
        model=model.spec.cnn,
        training=model.spec.training,
        baseline=own.spec.model if own else None,
    )


def has_controls(members: dict[Role, Run]) -> bool:
    """Whether the sidebar's controls can hold the settings; the command line trains other pairs, too."""
    return "model" in members and isinstance(members["model"].spec.model, ConvNetSpec)


def use(members: dict[Role, Run]) -> None:
    """Sets the controls to what a comparison was trained with, and goes to the page that has them.

    For pages without the controls.
    """
    panel.restore(comparison_of(members))
    st.switch_page("../../pages/lab.py")


def render(shown: Iterable[Run]) -> None:
    """What is looked at, in the sidebar."""
    with st.sidebar:
        st.subheader("Looked at", anchor=False)
        for run in shown:
            st.markdown("  \n".join([f"**{network_title(run.spec.model)}**", *map(plain, _facts(run))]))


def _facts(run: Run) -> list[str]:
    data, training = run.spec.data, run.spec.training
    title = DATASETS[data.dataset].title if data.dataset in DATASETS else data.dataset
    shuffled = ", pixels shuffled" if data.shuffled_pixels else ""
    raw = ", values 0 to 255" if data.pixels == "raw" else ""
    augmented = ", augmented" if Augmentation.of(run.spec) else ""
    schedule = "" if training.schedule == "constant" else f" ({training.schedule})"
    decay = f", L2 weight decay {training.l2:g}" if training.l2 else ""
    half = ", in mixed bfloat16" if training.precision == "mixed_bfloat16" else ""
    return [
        f"{result(run)}, {local_time(run.started)}",
        f"{data.images:,} images of {title}{shuffled}{raw}{augmented}",
        f"{words.count(training.epochs, 'epoch')} of {training.optimizer}, learning rate "
        f"{training.learning_rate:g}{schedule}, batches of {training.batch_size}{decay}{half}",
        f"seed {training.seed}",
    ]
