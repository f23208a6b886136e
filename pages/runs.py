"""All runs in the store: found, sorted, named, tagged, set aside, and chosen to be compared."""

import streamlit as st

from cnnlab.runs.table import tag_texts
from cnnlab.ui import runs_actions, runs_edit, runs_said, runs_search, runs_table, runs_watch

NONE_IN_VIEW = {
    "listed": "Nothing has been trained yet: press Train on the page Train.",
    "archived": "No run is archived: tick runs under 'Listed' and press Archive.",
    "superseded": "No run is superseded: 'Train as I tweak' in the sidebar replaces the run under way.",
    "deleted": "No run is deleted.",
    "foreign": "No other tool has written into the experiment of cnnlab.",
}

st.title("Runs")
st.write(
    "Every network that was trained here, with its results. Tick two to six of them to compare them, or one "
    "to look inside. A click on a column's head sorts all runs by it."
)

query = runs_search.show()
with st.spinner("Opening the stored runs"):
    found = runs_table.read(query)

runs_said.show()
actions = st.container()  # filled last: they depend on what is ticked
if found.entries:
    chosen = runs_table.show(found, query)
    runs_table.footer(found)
    with actions:
        runs_actions.show(chosen, query.view)
    runs_edit.show(sorted({text for entry in found.entries for text in tag_texts(entry)}))
elif runs_search.is_narrowed(query):
    st.info("No run is like that: change 'Search' or remove filters.", icon=":material/search_off:")
elif query.view == "listed" and runs_table.set_aside():
    st.info("No run is listed: the others are under 'Archived', 'Superseded' or 'Deleted' in 'Show'.")
else:
    st.info(NONE_IN_VIEW[query.view], icon=":material/info:")
runs_watch.show(found.entries)
