"""Runs, or groups of seeds, side by side, with a verdict on which network is better, if that is clear."""

from functools import partial

import streamlit as st

from cnnlab.runs.comparable import incomparable
from cnnlab.ui.compare import choice, differences, downloads, over_seeds, report, robustness, side_by_side
from cnnlab.ui.plain_text import plain
from cnnlab.ui.sidebar import from_runs

SECTIONS = ("Side by side", "Where they differ", "Robustness", "Export")
OVER_SEEDS = "Over seeds"

st.title("Compare")
st.caption(
    "Runs side by side: which settings differ, what that does to accuracy and cost, and whether the test "
    "images show a clear winner. Or groups of runs that are equal but for the seed: whether the gap exceeds "
    "the seed noise."
)

chosen = choice.render()
if chosen:
    compared, baseline, groups, baseline_group, _ = chosen
    from_runs.render(each.run for each in compared)
    reasons = incomparable([each.run for each in compared], baseline.run) if baseline else {}
    left_out = [
        f"**{plain(each.label)}**: {reasons[each.run.run_id]}."
        for each in compared
        if each.run.run_id in reasons
    ]
    if left_out:
        st.warning(
            "These test results are not compared with the others.  \n" + "  \n".join(left_out),
            icon=":material/compare_arrows:",
        )
    alike = [each for each in compared if each.run.run_id not in reasons]
    reference = baseline if baseline in alike and len(alike) > 1 else None
    if baseline_group:
        over_seeds.render_verdicts(groups, baseline_group)
    elif reference:
        differences.render_verdicts(alike, reference)
    offered = (OVER_SEEDS, *SECTIONS) if groups else SECTIONS
    section = st.segmented_control(
        "Look at",
        offered,
        default=offered[0],
        required=True,
        key="compare_section_of_seeds" if groups else "compare_section",
        persist_state="session",
    )
    if section == OVER_SEEDS and baseline_group:
        over_seeds.render(groups, baseline_group)
    elif section == "Side by side" and baseline:
        side_by_side.render(compared, baseline)
    elif reference is None:
        st.info("Choose at least two runs with the same test images.", icon=":material/info:")
    elif section == "Where they differ":
        differences.render(alike, reference, told=not groups)
    elif section == "Robustness":
        robustness.render(alike, reference)
    else:
        made = partial(report.sections, alike, reference, groups, baseline_group)
        downloads.render(alike, reference, made, chosen.every_run)
