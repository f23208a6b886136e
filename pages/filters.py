"""What the convolutions learned, at any epoch, beside the dense network's first weights."""

import streamlit as st

from cnnlab.inside.kernels import snapshot_index
from cnnlab.ui import epoch_overview
from cnnlab.ui.actions import reported
from cnnlab.ui.cached.kernels import kernels
from cnnlab.ui.choices import comparison, epoch
from cnnlab.ui.filters import details, templates, weights

SECTIONS = ("Weights", "Filter by filter", "Templates against kernels")

st.title("Filters")
st.write(
    "A filter is a small picture of weights that slides over the image: where the image resembles it, the "
    "feature map is high. It starts as noise; training turns it into a detector of edges and textures. "
    "A dense unit has one weight for every pixel, so its picture is as large as the image."
)

members = comparison.render()
epochs = epoch.render(members) if members else None
if epochs:
    with reported(icon=":material/folder_off:"):
        stored = {role: kernels(run) for role, run in members.items()}
        epoch_overview.render(members, epochs)
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
                weights.render(role, members[role], arrays, epochs[role])
        elif section == "Filter by filter":
            details.render(model, stored["model"], epochs["model"])
        else:
            arrays = stored["model"]
            templates.render(
                model, arrays["conv_1"][snapshot_index(arrays["epochs"].tolist(), epochs["model"])]
            )
