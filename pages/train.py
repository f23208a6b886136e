"""Both networks learn side by side; the newest comparison is shown, whoever started it."""

import streamlit as st

from cnnlab import runs
from cnnlab.arithmetic.network import layer_rows, totals
from cnnlab.data.split import validation_images
from cnnlab.spec import network_title
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.choices import curve_view
from cnnlab.ui.sidebar import panel, steering
from cnnlab.ui.train import buttons as training_controls
from cnnlab.ui.train import progress, rival

st.title("Train")

choice = panel.choice()
if choice.problems:
    for problem in choice.problems:
        st.error(problem, icon=":material/block:")
else:
    spec = choice.comparison
    shape, classes = choice.dataset.input_shape, len(choice.dataset.classes)
    sizes = [
        f"**{network_title(run.model)}** ({params:,} parameters)"
        for run in spec.runs().values()
        for params in [totals(layer_rows(run.model, shape, classes)).params]
    ]
    apart = validation_images(spec.data)
    st.write(
        f"{' and '.join(sizes)} learn from the same {spec.data.images - apart:,} images of "
        f"{choice.dataset.title}, in the same order; {apart:,} others are set apart for validation. "
        "The test images are used once, at the end."
        + (" The pixels of every image are shuffled, always in the same way." * spec.data.shuffled_pixels)
    )

with st.spinner("Opening the stored runs"):
    newest = runs.recent(1, role="model")
shown = runs.members(newest[0].comparison) if newest else {}
ready = trainer().status().state == "ready"

buttons = st.container()  # filled last: they depend on the rival
rival = rival.choose_rival()
if shown and rival:
    shown = {"model": shown["model"], "baseline": rival}
with buttons:
    training_controls.show(choice, shown, ready)
if not ready and not any(run.active for run in shown.values()):
    st.caption("Training can start as soon as the trainer is ready; the sidebar tells.")

if shown:
    view = curve_view.choose_view()
    progress.show(newest[0].comparison, shown, view, st.session_state.get(steering.GHOST, ""))
else:
    st.info("Nothing has been trained yet. Press Train: the curves appear here.", icon=":material/info:")
