"""The teacher's view of an exercise: what everybody on this dashboard expected, and what the seeds say."""

import numpy as np
import streamlit as st
from pydantic import ValidationError

from cnnlab import runs
from cnnlab.errors import UserError
from cnnlab.evidence.seed_noise import Gap, gap
from cnnlab.lessons.exercises import EFFECTS, effect
from cnnlab.lessons.ledger import Ledger, in_words, ledger, same_question
from cnnlab.runs import StoredStudy
from cnnlab.studies import progress as study_runs
from cnnlab.studies.plan import Study
from cnnlab.studies.progress import Progress
from cnnlab.ui.components import plot
from cnnlab.ui.plain_text import plain
from cnnlab.views.figures.ledger import ledger_figure

LOOKED_THROUGH = 500  # of the newest studies
MOST_KEPT = 2000
SHOWN = "show_the_class"  # session state


def render(study: Study, known: Progress | None) -> None:
    """Draws the predictions of all, once one's own has been judged, or where that is switched on.

    Args:
        study: The exercise.
        known: One's own study of it; None before one has answered.
    """
    wished = st.toggle(
        "Show the class",
        key=SHOWN,
        persist_state="session",
        help="For whoever teaches: what everybody on this dashboard expects, before you have answered "
        "yourself too. After your own answer it is shown by itself, where others have answered.",
    )
    judged = known is not None and not known.active and not known.missing
    if not wished and not judged:
        return
    answered = _answered(study)
    plans = [(each.visitor, _plan(each.study_id)) for each in answered]
    counted = ledger(study, [(visitor, stored) for visitor, stored in plans if stored])
    if counted.answers == 0 or (counted.answers == 1 and not wished):
        if wished:
            st.caption("Nobody has answered this exercise yet.")
        return
    _draw(study, counted, judged_by(known) if known and judged else _seen(answered))


def _draw(study: Study, counted: Ledger, seen: Gap | None) -> None:
    st.subheader("The class", anchor=False)
    told = in_words(counted, seen)
    st.markdown(plain(told))
    bars = {EFFECTS[each]: count for each, count in counted.counts.items()}
    with st.container(width=460):
        plot.render(
            ledger_figure(bars, EFFECTS[effect(seen)] if seen else ""),
            key="ledger",
            revision=study.title,
            alt=f"Bars: what everybody expected. {told}",
            tools=False,
        )


def _answered(study: Study) -> list[StoredStudy]:
    """The stored exercises with this question, the newest first, whoever answered."""
    newest = runs.studies(LOOKED_THROUGH)
    alike = [each for each in newest if each.kind == study.kind and each.title == study.title]
    return [each for each in alike if (stored := _plan(each.study_id)) and same_question(study, stored)]


def _seen(answered: list[StoredStudy]) -> Gap | None:
    """What the seeds of the newest of some studies say that has them all; None where none has."""
    for each in answered:
        progress = study_runs.read(each.study_id)
        if not progress.active and not progress.missing:
            return judged_by(progress)
    return None


def judged_by(progress: Progress) -> Gap:
    """What the seeds say, the changed network first."""
    pairs = progress.pairs().values()
    return gap(*np.array([[run.metrics["test_accuracy"] for run in pair] for pair in pairs]).T)


@st.cache_data(max_entries=MOST_KEPT, show_spinner=False)
def _plan(study_id: str) -> Study | None:
    """What a study consists of, which never changes; None where that is no longer readable."""
    try:
        return study_runs.load(study_id)
    except (UserError, ValidationError):
        return None
