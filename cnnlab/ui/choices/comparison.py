"""The comparison to look into, reduced to what can be looked at together."""

import streamlit as st

from cnnlab.data.registry import DATASETS
from cnnlab.runs import Run
from cnnlab.spec import ConvNetSpec, Role, network_title
from cnnlab.ui.choices import run as run_choice


def show() -> dict[Role, Run]:
    """The chosen comparison's runs by role; empty, with a sentence, where there is nothing to look into."""
    members = run_choice.show()
    if not members:
        st.info("Nothing has been trained yet: press Train on the page Train.", icon=":material/info:")
        return {}
    model = members.get("model")
    if model is None or not isinstance(model.spec.model, ConvNetSpec):
        st.info("This comparison has no convolutional network: choose another one.", icon=":material/info:")
        return {}
    if model.spec.data.dataset not in DATASETS:
        st.warning(
            f"The data set '{model.spec.data.dataset}' is not known here: choose another comparison.",
            icon=":material/folder_off:",
        )
        return {}
    if model.spec.data.shuffled_pixels:
        st.info(
            "The pixels of all images are shuffled for this comparison: what lies side by side here, as the "
            "networks get it, lies apart in the picture.",
            icon=":material/shuffle:",
        )
    baseline = members.get("baseline")
    if baseline and _images(baseline) != _images(model):
        st.warning(
            f"{network_title(baseline.spec.model)} was trained on other data, so it is left out here.",
            icon=":material/compare_arrows:",
        )
        return {"model": model}
    return members


def _images(run: Run) -> tuple[str, str, bool]:
    return run.spec.data.dataset, run.spec.data.source, run.spec.data.shuffled_pixels
