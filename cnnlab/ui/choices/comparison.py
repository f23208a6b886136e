"""The comparison that is shown, chosen once for all pages: the newest, unless a person chose another one."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from cnnlab import runs, words
from cnnlab.data.registry import DATASETS
from cnnlab.errors import RunNotFound
from cnnlab.runs import Run
from cnnlab.spec import ConvNetSpec, Role, network_title
from cnnlab.ui import visitor
from cnnlab.ui.choices.address_parameter import COMPARISON
from cnnlab.ui.choices.labels import comparison_label, result
from cnnlab.ui.choices.own_first import newest_runs
from cnnlab.ui.choices.picker import choose, pick_one
from cnnlab.ui.plain_text import plain

LISTED = 200
NONE_OF_YOURS = "Nothing of yours has been trained yet. Others' networks can be looked at:"
NO_CNN = "This comparison has no convolutional network: choose another one."
FOLLOWS = "shows the newest comparison"  # session state: whether a newer one takes its place on the page Lab


def render(beside: Callable[[dict[Role, Run]], None]) -> dict[Role, Run]:
    """The chosen comparison's runs by role; empty, with a sentence, where there is nothing to look into.

    `beside` draws what stands in the same line, for the runs that are shown.
    """
    with st.spinner("Opening the stored runs"):
        newest = newest_runs(LISTED)
    members = _shown(newest, beside)
    if not members:
        st.info("Nothing has been trained yet: press Train on the page Lab.", icon=":material/info:")
        return {}
    model = members.get("model")
    if model is None or not isinstance(model.spec.model, ConvNetSpec):
        st.info(NO_CNN, icon=":material/info:")
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


def render_newest(newest: list[Run], beside: Callable[[dict[Role, Run]], None]) -> dict[Role, Run]:
    """For the page on which networks are trained: where one's newest was shown, a newer one takes its place.

    Another visitor's is shown only to who has chosen it.

    Args:
        newest: The newest runs, of either role, the visitor's own first.
        beside: Draws what stands in the same line, for the runs that are shown.

    Returns the runs to show by role, a model among them; empty if there are none.
    """
    models = _own_models(newest) or _own_models(newest_runs(1, "model"))
    follows = st.session_state.get(FOLLOWS, True) and not COMPARISON.asked()
    if follows:
        choose(COMPARISON.key, models[0] if models else None)
    members = _shown(newest, beside, named=not follows, first=bool(models))
    if members and "model" not in members:
        st.info(NO_CNN, icon=":material/info:")
        return {}
    return members


def _own_models(newest: list[Run]) -> list[str]:
    """The comparisons of the visitor's own models."""
    mine = visitor.my_ids()
    return [run.comparison for run in newest if run.role == "model" and run.visitor in mine]


def follow_newest() -> None:
    """What is trained from now on is shown."""
    st.session_state[FOLLOWS] = True


def _shown(
    newest: list[Run],
    beside: Callable[[dict[Role, Run]], None],
    named: bool = True,
    first: bool = True,
) -> dict[Role, Run]:
    """The line that says what is shown, beside the box; a pinned run is among the members.

    `first`: whether the first is shown where nothing was chosen.
    """
    options: dict[str, dict[Role, Run]] = {}
    for run in newest:
        options.setdefault(run.comparison, {})[run.role] = run
    if not options and not COMPARISON.asked():
        return {}
    followed = next(iter(_own_models(newest)), "")
    if asked := COMPARISON.asked():
        st.session_state[FOLLOWS] = asked == followed
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="showing"):
        line = st.container(width="content")
        with st.popover("Choose", icon=":material/swap_horiz:", type="tertiary"):
            chosen = pick_one(
                COMPARISON,
                "Comparison",
                options,
                _find,
                comparison_label,
                named=named,
                on_change=partial(_note_choice, followed),
                first=first,
            )
        members = runs.members(chosen) if chosen else {}
        if not chosen:
            line.markdown(NONE_OF_YOURS)
        if members:
            line.markdown(f"Showing{_whose(members)}: {showing(members)}")
            beside(members)
    return members


def _note_choice(newest: str) -> None:
    st.session_state[FOLLOWS] = st.session_state[COMPARISON.key] == newest


def _whose(members: dict[Role, Run]) -> str:
    """', of Ann', in Markdown, where the comparison is another visitor's."""
    others = visitor.whose([next(iter(members.values())).visitor])
    return f", of {plain(others)}" if others else ""


def showing(members: dict[Role, Run]) -> str:
    """'**CNN 64-64** against **Dense 128**, 86.0% and 82.9%', in Markdown."""
    ordered = [members[role] for role in ("model", "baseline") if role in members]
    names = " against ".join(f"**{network_title(run.spec.model)}**" for run in ordered)
    return f"{names}, {plain(words.listing([result(run) for run in ordered]))}"


def _find(comparison: str) -> dict[Role, Run]:
    members = runs.members(comparison)
    if not members:
        raise RunNotFound(f"There is no comparison '{comparison}' in the store.")
    return members


def _images(run: Run) -> tuple[str, str, bool]:
    return run.spec.data.dataset, run.spec.data.source, run.spec.data.shuffled_pixels
