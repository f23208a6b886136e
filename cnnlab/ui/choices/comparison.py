"""The choice of a past comparison, for the pages that look inside trained networks."""

import streamlit as st

from cnnlab import runs
from cnnlab.data.registry import DATASETS
from cnnlab.errors import RunNotFound
from cnnlab.runs import Run
from cnnlab.spec import ConvNetSpec, Role, network_title
from cnnlab.ui.choices.address_parameter import COMPARISON
from cnnlab.ui.choices.labels import comparison_label
from cnnlab.ui.choices.picker import pick_one
from cnnlab.ui.plain_text import plain

LISTED = 200


def render() -> dict[Role, Run]:
    """The chosen comparison's runs by role; empty, with a sentence, where there is nothing to look into."""
    members = _chosen()
    if not members:
        st.info("Nothing has been trained yet: press Train on the page Lab.", icon=":material/info:")
        return {}
    model = members.get("model")
    if model is None or not isinstance(model.spec.model, ConvNetSpec):
        st.info("This comparison has no convolutional network: choose another one.", icon=":material/info:")
        return {}
    if model.spec.data.dataset not in DATASETS:
        st.warning(
            f"The data set '{plain(model.spec.data.dataset)}' is not known here: choose another comparison.",
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


def _chosen() -> dict[Role, Run]:
    """The runs of the chosen comparison, a pinned run among them; empty if nothing is stored."""
    with st.spinner("Opening the stored runs"):
        newest = runs.recent(LISTED)
    options: dict[str, dict[Role, Run]] = {}
    for run in newest:
        options.setdefault(run.comparison, {})[run.role] = run
    chosen = pick_one(COMPARISON, "Comparison", options, _find, comparison_label)
    return runs.members(chosen) if chosen else {}


def _find(comparison: str) -> dict[Role, Run]:
    members = runs.members(comparison)
    if not members:
        raise RunNotFound(f"There is no comparison '{comparison}' in the store.")
    return members


def _images(run: Run) -> tuple[str, str, bool]:
    return run.spec.data.dataset, run.spec.data.source, run.spec.data.shuffled_pixels
