"""Which data set the page Data shows, and its images; a full set is downloaded only when asked for."""

from typing import NamedTuple

import streamlit as st

from cnnlab.data.catalogue import DatasetInfo, Images
from cnnlab.data.registry import DATASETS, bytes_to_download, load
from cnnlab.spec import TITLES, Source
from cnnlab.ui.actions import reported
from cnnlab.ui.plain_text import plain
from cnnlab.ui.sidebar import panel

DATASET, SOURCE = "data_page_dataset", "data_page_source"


class Chosen(NamedTuple):
    """A data set with its images."""

    dataset: str
    """Its key in `DATASETS`."""
    source: Source
    info: DatasetInfo
    images: Images

    @property
    def key(self) -> str:
        """Tells it from every other data set, and from itself with other images."""
        return f"{self.dataset} {self.source} {self.info.fingerprint}"


def render() -> Chosen | None:
    """The boxes; None, with a sentence, where the images are not at hand."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        dataset = _choose_dataset()
        source = _choose_source(dataset)
    info = DATASETS[dataset]
    if not _is_here(dataset, source):
        return None
    with reported(icon=":material/folder_off:"), st.spinner("Opening the images", show_time=True):
        return Chosen(dataset, source, info, load(dataset, source))
    return None


def _choose_dataset() -> str:
    """At first that of the sidebar."""
    datasets, state = list(DATASETS), st.session_state
    if state.get(DATASET) not in datasets:
        comparison = panel.choice().comparison
        set_up = comparison.data.dataset if comparison else ""
        state[DATASET] = set_up if set_up in datasets else datasets[0]
    return st.selectbox(
        TITLES["dataset"],
        datasets,
        datasets.index(state[DATASET]),
        format_func=lambda name: DATASETS[name].title,
        key=DATASET,
        persist_state="session",
        width=320,
    )


def _choose_source(dataset: str) -> Source:
    """The sample or all of it, for a set that has both."""
    sources = DATASETS[dataset].sources
    if len(sources) == 1:
        return sources[0]
    return st.segmented_control(
        TITLES["source"],
        sources,
        default=sources[0],
        required=True,
        key=f"{SOURCE}_{dataset}",
        persist_state="session",
    )


def _is_here(dataset: str, source: Source) -> bool:
    """Whether the images can be read without a download; if not, a button downloads them."""
    with reported(icon=":material/folder_off:"):
        missing = bytes_to_download(dataset, source)
        if not missing:
            return True
        st.info(
            f"The full {plain(DATASETS[dataset].title)} is not on this machine. It is downloaded once and "
            "checked.",
            icon=":material/download:",
        )
        label = f"Download {missing / 1e6:,.0f} MB"
        if st.button(label, icon=":material/download:", key="download_full_set"):
            _download(dataset, source)
            st.rerun()
    return False


def _download(dataset: str, source: Source) -> None:
    """Reads the images, with a bar for what is downloaded."""
    bar = st.progress(0.0)

    def show(share: float) -> None:
        bar.progress(min(share, 1.0), f"Downloading, {share:.0%}")

    load(dataset, source, show)
