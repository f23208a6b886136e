"""All runs in the store: page, sorted, named, tagged, set aside, and chosen to be compared."""

import streamlit as st

from cnnlab.ui.runs import actions as runs_actions
from cnnlab.ui.runs import confirm, edit, messages, search, table, watch
from cnnlab.views.tables.runs import tag_texts

NONE_IN_VIEW = {
    "listed": "Nothing has been trained yet: press Train on the page Lab.",
    "study": "No study has been started yet: choose a question on the page Studies and press Start.",
    "archived": "No run is archived: tick runs under 'Active' and press Archive.",
    "superseded": "No run is superseded: 'Train as I tweak' in the sidebar replaces the run under way.",
    "deleted": "No run is deleted.",
    "foreign": "No other tool has written into the experiment of cnnlab.",
}

st.title("Runs")
st.write(
    "Every network that was trained here, with its results. Tick two to six of them to compare them, or one "
    "to look inside. A click on a column's head sorts all runs by it."
)

query = search.render()
with st.spinner("Opening the stored runs"):
    page = table.read(query)

messages.render()
actions = st.container()  # filled last: they depend on what is ticked
if page.entries:
    chosen = table.render(page, query)
    table.footer(page)
    with actions:
        runs_actions.render(chosen, query.view)
    confirm.render()
    edit.render(sorted({text for entry in page.entries for text in tag_texts(entry)}))
elif search.is_narrowed(query):
    st.info("No runs match: change 'Search' or remove filters.", icon=":material/search_off:")
elif query.visitors:
    st.info("You have trained nothing that is in this view.", icon=":material/info:")
    st.button("Show everyone's", key="everyones_runs", on_click=search.show_everyones)
elif query.view == "listed" and table.set_aside():
    st.info(
        "No run is listed: others are under 'Of studies', 'Archived', 'Superseded' or 'Deleted' in 'Show'."
    )
else:
    st.info(NONE_IN_VIEW[query.view], icon=":material/info:")
table.render_folded(query)
watch.render(page.entries)
