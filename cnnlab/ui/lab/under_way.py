"""Two networks while they train: with an image, and their curves, drawn again every second in one go.

One fragment draws both: each run of a fragment costs the server and the browser some 30 ms, whatever it
draws, and where they share the processor with the training, that is time that it waits.
"""

import streamlit as st

from cnnlab import runs
from cnnlab.runs import Run
from cnnlab.spec import ComparisonSpec, Role
from cnnlab.ui.actions import polled
from cnnlab.ui.lab import network, progress
from cnnlab.views.figures.curve_lines import View

POLL_SECONDS = 1.0
NETWORKS, CURVES = "live_place", "progress_place"  # keys of the containers


def render(spec: ComparisonSpec | None, members: dict[Role, Run], view: View, ghost: str) -> None:
    """Draws until one of the runs is in another state than in `members`; then the page runs again.

    Args:
        spec: What the sidebar says; None where it cannot be trained, so that no networks are drawn.
        members: The runs of the comparison; at least one is active.
        view: How to draw the curves.
        ghost: An earlier run to draw faintly; none where empty.
    """
    polled(_draw, POLL_SECONDS)(spec, members, view, ghost)


def _draw(spec: ComparisonSpec | None, before: dict[Role, Run], view: View, ghost: str) -> None:
    members = {role: runs.get(run.run_id) if run.active else run for role, run in before.items()}
    if _states(members) != _states(before):
        st.rerun()
    networks, curves = st.container(key=NETWORKS), st.container(key=CURVES)
    with curves:  # first: the networks wait for a worker's answer
        progress.render_active(members, view, ghost)
    if spec:
        with networks:
            network.draw(network.subjects(spec, members, {}))


def _states(members: dict[Role, Run]) -> list[tuple[str, str]]:
    """What the page's buttons depend on."""
    return [(run.status, run.note) for run in members.values()]
