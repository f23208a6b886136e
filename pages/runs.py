"""All runs in the store: page, sorted, named, tagged, set aside, and chosen to be compared."""

import streamlit as st

from cnnlab.ui.runs import actions as runs_actions
from cnnlab.ui.runs import confirm, edit, grouping, messages, search, table, watch
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
    "to look inside. A click on a column's head sorts all runs by it. 'Group equal runs' joins those that "
    "differ in the seed alone."
)

query = search.render()
as_groups = search.is_grouped(query)
with st.spinner("Opening the stored runs"):
    found = grouping.read(query) if as_groups else None
    page = None if found else table.read(query)
entries = list(found.entries.values()) if found else page.entries if page else []

messages.render()
actions = st.container()  # filled last: they depend on what is ticked
if found and entries:
    ticked = grouping.render(found)
    grouping.footer(found, query)
    with actions:
        runs_actions.render(found.members(ticked), query.view, ticked)
elif page and page.entries:
    chosen = table.render(page, query)
    table.footer(page)
    with actions:
        runs_actions.render(chosen, query.view)
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
if entries:
    confirm.render()
    edit.render(sorted({text for entry in entries for text in tag_texts(entry)}))
if not as_groups:
    table.render_folded(query)
watch.render(entries)
