"""The curves of runs as this session knows them: what was read before is kept, only the news is read."""

import pandas as pd
import streamlit as st

from cnnlab import runs
from cnnlab.runs import CURVE_COLUMNS, Run

_KEPT = "histories"
MOST_KEPT = 20  # runs


def history(run: Run) -> pd.DataFrame:
    """A run's curves, with the columns of `runs.curves`."""
    kept: dict[str, pd.DataFrame] = st.session_state.setdefault(_KEPT, {})
    known = kept.pop(run.run_id, pd.DataFrame(columns=pd.Index(CURVE_COLUMNS)))
    after = {} if known.empty else {run.run_id: int(known["milliseconds"].max())}
    news = runs.curves([run.run_id], after)
    if known.empty:
        known = news
    elif not news.empty:
        known = pd.concat([known, news], ignore_index=True)
    kept[run.run_id] = known
    while len(kept) > MOST_KEPT:
        del kept[next(iter(kept))]
    return known
