"""What the networks see: an image on its way through both of them, at any epoch."""

import streamlit as st

from cnnlab.runs import Run
from cnnlab.spec import Role
from cnnlab.ui import feature_maps, image_choice, members_choice, overview, said, scrubber, why, working
from cnnlab.ui.asked import CANNOT_ANSWER

SECTIONS = ("Feature maps", "Convolution", "Kernel by hand", "Pooling", "Why this class")

st.title("Look inside")
st.write(
    "Choose an image, draw one or bring your own, and watch what each layer makes of it. Everything here "
    "shows the networks as they were at the chosen epoch; 0 is before training."
)


def look(members: dict[Role, Run], epochs: dict[Role, int]) -> None:
    """The image and what the networks make of it; only this part runs again while one draws."""
    try:
        picture = image_choice.show(members, epochs)
        if picture is None:
            return
        said.show(members, epochs, picture)
        section = st.segmented_control(
            "Look at", SECTIONS, default=SECTIONS[0], required=True, key="section", persist_state="session"
        )
        model = members["model"], epochs["model"], picture
        if section == "Feature maps":
            feature_maps.show(members, epochs, picture)
        elif section == "Convolution":
            working.show_trained(*model)
        elif section == "Kernel by hand":
            working.show_by_hand(picture)
        elif section == "Pooling":
            working.show_pooled(*model)
        else:
            why.show(members, epochs, picture)
    except CANNOT_ANSWER as error:
        st.warning(str(error), icon=":material/error:")


members = members_choice.show()
epochs = scrubber.show(members) if members else None
if epochs:
    overview.show(members, epochs)
    st.fragment(look)(members, epochs)
