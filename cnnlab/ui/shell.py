"""What every page shares: the page's settings, the navigation on top, the controls in the sidebar."""

from pathlib import Path

import streamlit as st

from cnnlab.ui.actions import store_trouble
from cnnlab.ui.components import copy_link
from cnnlab.ui.sidebar import devices, identity, panel, presentation, steering, trainer_status

WITH_CONTROLS = ("Lab", "Learn", "Studies")  # pages on which networks are set up
SIDEBAR_WIDTH = 300  # pixels
ICON, LOGO = (Path(__file__).with_name(name) for name in ("icon.png", "logo.png"))

st.set_page_config(
    page_title="cnnlab",
    page_icon=str(ICON),
    layout="wide",
    initial_sidebar_state="collapsed" if presentation.is_on() else SIDEBAR_WIDTH,
)

page = st.navigation(
    [
        st.Page("../../pages/lab.py", title="Lab", icon=":material/experiment:", default=True),
        st.Page("../../pages/learn.py", title="Learn", icon=":material/school:"),
        st.Page("../../pages/inside.py", title="Inside", icon=":material/visibility:"),
        st.Page("../../pages/compare.py", title="Compare", icon=":material/balance:"),
        st.Page("../../pages/data.py", title="Data", icon=":material/photo_library:"),
        st.Page("../../pages/studies.py", title="Studies", icon=":material/science:"),
        st.Page("../../pages/runs.py", title="Runs", icon=":material/table_rows:"),
        st.Page("../../pages/run.py", title="Run", visibility="hidden"),
        # Addresses of earlier versions, whose pages are now parts of these.
        st.Page("../../pages/lab.py", title="Lab", url_path="architecture", visibility="hidden"),
        st.Page("../../pages/lab.py", title="Lab", url_path="train", visibility="hidden"),
        st.Page("../../pages/inside.py", title="Inside", url_path="filters", visibility="hidden"),
    ],
    position="top",
)
st.set_page_config(page_title=f"{page.title} · cnnlab")
st.logo(str(LOGO), size="large", link=None)
with store_trouble():
    with st.sidebar:
        trainer_status.render()
        from_address = panel.render(page.url_path, drawn=page.title in WITH_CONTROLS)
        if page.title not in WITH_CONTROLS:
            st.page_link("../../pages/lab.py", label="Set up networks in the Lab", icon=":material/tune:")
        devices.render()
        copy_link.render()
        presentation.render()
        identity.render()
    steering.follow(panel.choice(), from_address)
    page.run()
