"""Two to six runs side by side, with a verdict on which network is better, if that is clear."""

import streamlit as st

from cnnlab.runs.comparable import incomparable
from cnnlab.ui.compare import choice, differences, downloads, report, robustness, side_by_side
from cnnlab.ui.plain_text import plain
from cnnlab.ui.sidebar import from_runs

SECTIONS = ("Side by side", "Where they differ", "Robustness", "Export")

st.title("Compare")
st.caption(
    "Runs side by side: which settings differ, what that does to accuracy and cost, and whether the test "
    "images show a clear winner."
)

chosen = choice.render()
if chosen:
    compared, baseline = chosen
    from_runs.render(each.run for each in compared)
    reasons = incomparable([each.run for each in compared], baseline.run)
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
    if len(alike) > 1 and baseline in alike:
        differences.render_verdicts(alike, baseline)
    section = st.segmented_control(
        "Look at",
        SECTIONS,
        default=SECTIONS[0],
        required=True,
        key="compare_section",
        persist_state="session",
    )
    if section == "Side by side":
        side_by_side.render(compared, baseline)
    elif len(alike) < 2 or baseline not in alike:
        st.info("Choose at least two runs with the same test images.", icon=":material/info:")
    elif section == "Where they differ":
        differences.render(alike, baseline, told=True)
    elif section == "Robustness":
        robustness.render(alike, baseline)
    else:
        downloads.render(alike, baseline, lambda: report.sections(alike, baseline))
