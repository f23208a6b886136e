"""What every page shares: the page's settings, the navigation on top, the controls in the sidebar."""

from pathlib import Path

import streamlit as st

from cnnlab.ui.components import copy_link
from cnnlab.ui.sidebar import devices, panel, steering, trainer_status

st.set_page_config(
    page_title="cnnlab",
    page_icon=str(Path(__file__).parent / "icon.png"),
    layout="wide",
    initial_sidebar_state=340,
)

st.html(
    "<style>.stMainBlockContainer { padding-top: 4rem; }\n"
    '[data-testid="stMetricValue"] { font-size: 1.5rem; }</style>'  # three beside each other on a phone
)

page = st.navigation(
    [
        st.Page("../../pages/architecture.py", title="Architecture", icon=":material/schema:", default=True),
        st.Page("../../pages/train.py", title="Train", icon=":material/show_chart:"),
        st.Page("../../pages/studies.py", title="Studies", icon=":material/science:"),
        st.Page("../../pages/inside.py", title="Look inside", icon=":material/visibility:"),
        st.Page("../../pages/filters.py", title="Filters", icon=":material/grid_view:"),
        st.Page("../../pages/compare.py", title="Compare", icon=":material/balance:"),
        st.Page("../../pages/runs.py", title="Runs", icon=":material/table_rows:"),
    ],
    position="top",
)
with st.sidebar:
    trainer_status.show()
    panel.show()
    devices.show()
    copy_link.show()
steering.follow(panel.choice())
page.run()
