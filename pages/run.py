"""One run by itself: its result, settings, curves and files."""

import streamlit as st

from cnnlab import runs, words
from cnnlab.comparison import side_by_side
from cnnlab.comparison.candidates import candidates
from cnnlab.data.registry import DATASETS
from cnnlab.data.split import steps_per_epoch
from cnnlab.runs.comparable import settings
from cnnlab.spec import network_title
from cnnlab.ui import visitor
from cnnlab.ui.actions import reported
from cnnlab.ui.cached.curves import history
from cnnlab.ui.choices import curve_view
from cnnlab.ui.choices.address_parameter import COMPARISON, RUN
from cnnlab.ui.choices.labels import local_time, result, run_label
from cnnlab.ui.choices.own_first import newest_runs
from cnnlab.ui.choices.picker import pick_one
from cnnlab.ui.compare import downloads, section
from cnnlab.ui.components import plot
from cnnlab.ui.plain_text import plain
from cnnlab.ui.sidebar import from_runs
from cnnlab.views.figures.schedule import rate_curve, rate_figure, rate_words
from cnnlab.views.tables.comparison import settings_frame

LISTED = 200

st.title("Run", anchor=False)
with st.spinner("Opening the stored runs"):
    listed = {run.run_id: run for run in newest_runs(LISTED)}
chosen = pick_one(RUN, "Run", listed, runs.get, run_label)
if not chosen:
    st.info("Nothing has been trained yet: press Train on the page Lab.", icon=":material/info:")
    st.stop()

run = runs.get(chosen)
members = runs.members(run.comparison)
facts = [result(run), run.status, local_time(run.started), run.device]
if not visitor.is_mine(run.visitor):
    facts.append(f"started by {visitor.name_of(run.visitor)}")
if seconds := run.metrics.get("seconds"):
    facts.append(f"{words.seconds(seconds)} of training")
if run.spec.training.patience and (epoch := run.metrics.get("tested_epoch")):
    facts.append(f"tested with the weights of epoch {epoch:.0f}")
st.subheader(plain(run.name or network_title(run.spec.model)), anchor=False)
st.caption(" · ".join(plain(fact) for fact in facts if fact))
if run.reason:
    told, icon = (st.warning, "error") if run.status == "failed" else (st.info, "flag")
    told(plain(run.reason), icon=f":material/{icon}:")
with st.container(horizontal=True, gap="small"):
    st.page_link(
        "../../pages/inside.py",
        label="Look inside",
        icon=":material/visibility:",
        query_params={COMPARISON.name: run.comparison},
        width="content",
    )
    if from_runs.has_controls(members) and st.button(
        "Use these settings", key="use_run", icon=":material/tune:", type="tertiary"
    ):
        from_runs.use(members)

left, right = st.columns([1, 1.6], gap="large")
with left:
    st.subheader("Settings", anchor=False)
    st.dataframe(settings_frame(["Value"], settings([run.spec])), hide_index=True)
with right, reported():
    st.subheader("Curves", anchor=False)
    alone = candidates([run])
    view = curve_view.choose_view()
    section.figures_first(side_by_side.learning_curves(alone, {run.run_id: history(run)}, view))
    if run.spec.training.schedule != "constant":
        curve = rate_curve(history(run), steps_per_epoch(run.spec))
        plot.render(
            rate_figure(curve, run.spec.training.epochs),
            key="rates",
            revision=run.run_id,
            alt=rate_words(curve, run.spec.training.epochs),
            tools=False,
        )
if run.spec.data.dataset in DATASETS and not run.active:
    st.subheader("Files", anchor=False)
    with reported():
        downloads.render_run(run)
