"""What the convolutions learned, at any epoch, beside the dense network's first weights."""

import streamlit as st

from cnnlab import runs
from cnnlab.ui import epoch_overview
from cnnlab.ui.actions import reported
from cnnlab.ui.choices import comparison, epoch
from cnnlab.ui.filters import details, templates, weights

SECTIONS = ("Weights", "Filter by filter", "Templates against kernels")

st.title("Filters")
st.write(
    "A filter is a small picture of weights that slides over the image: where the image resembles it, the "
    "feature map is high. It starts as noise; training turns it into a detector of edges and textures. "
    "A dense unit has one weight for every pixel, so its picture is as large as the image."
)

members = comparison.show()
epochs = epoch.show(members) if members else None
if epochs:
    with reported(icon=":material/folder_off:"):
        stored = {role: runs.kernels(run.run_id) for role, run in members.items()}
        epoch_overview.show(members, epochs)
        section = st.segmented_control(
            "Look at",
            SECTIONS,
            default=SECTIONS[0],
            required=True,
            key="weights_section",
            persist_state="session",
        )
        model = members["model"]
        if section == "Weights":
            for role, arrays in stored.items():
                weights.show(role, members[role], arrays, epochs[role])
        elif section == "Filter by filter":
            details.show(model, stored["model"], epochs["model"])
        else:
            templates.show(model, stored["model"]["conv_1"][-1])
