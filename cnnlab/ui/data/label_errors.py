"""Suspected label errors: the test images that most stored runs of a data set contradict with confidence."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from cnnlab import runs, words
from cnnlab.comparison.candidates import Candidate, Predicted
from cnnlab.errors import ArtifactDamaged, NotFinite, RunNotFound
from cnnlab.evidence.label_errors import (
    BEHIND,
    CONFIDENCE,
    LEAST_RUNS,
    Suspected,
    comparable_runs,
    label_errors_finding,
    suspected_label_errors,
)
from cnnlab.runs import Run
from cnnlab.ui.cached.predictions import MOST_KEPT, predicted
from cnnlab.ui.data.choice import Chosen
from cnnlab.ui.plain_text import markdown, plain
from cnnlab.views.pictures.stored_images import images_png

LISTED = 200  # of the newest runs, of which those of this data set are asked
MOST_RUNS = MOST_KEPT
IMAGES_A_PAGE = 24
WIDTH = 112  # pixels of an image on the page


def render(chosen: Chosen) -> None:
    """The finding, what it rests on, and the images; a sentence where there are too few runs."""
    st.subheader("Suspected label errors", anchor=False)
    with st.spinner("Reading what the stored runs answered"):
        asked, left_out = _asked(chosen)
    if left_out:
        st.caption(
            f"{words.count(left_out, 'finished run is', 'finished runs are')} left out, whose answers are no "
            "longer stored, are not numbers, or are about other test images."
        )
    if len(asked) < LEAST_RUNS:
        st.info(_too_few(len(asked)), icon=":material/info:")
        return
    labels = chosen.images.y_test
    suspected = suspected_label_errors(labels, [each.probabilities for each in asked])
    st.markdown(markdown([label_errors_finding(suspected, len(labels), len(asked))]))
    st.caption(
        "Suspected is a test image for which more than half of the runs answer the same other class, with a "
        f"mean confidence of at least {words.percent(CONFIDENCE, 0)}. Asked are the newest finished runs on "
        f"this data set, at most {MOST_RUNS}, without those whose accuracy is more than {100 * BEHIND:.0f} "
        "points below that of the best. It may also be an unusual image on which all of them are wrong."
    )
    if suspected:
        _images(chosen, suspected, len(asked))


def _asked(chosen: Chosen) -> tuple[list[Predicted], int]:
    """The answers of the runs that are asked, on exactly these test images; how many had none to give."""
    answers, left_out = [], 0
    for run in filter(lambda run: _is_about(run, chosen), runs.recent(LISTED)):
        if len(answers) == MOST_RUNS:
            break
        answer = _answer(run, chosen)
        if answer:
            answers.append(answer)
        else:
            left_out += 1
    places = comparable_runs([float(each.right.mean()) for each in answers])
    return [answers[place] for place in places], left_out


def _answer(run: Run, chosen: Chosen) -> Predicted | None:
    """What a run answered, if that is stored and about these test images."""
    try:
        answer = predicted(Candidate(run, run.name, ""))
    except (RunNotFound, ArtifactDamaged, NotFinite):
        return None
    return answer if np.array_equal(answer.labels, chosen.images.y_test) else None


def _is_about(run: Run, chosen: Chosen) -> bool:
    data = run.spec.data
    return run.status == "finished" and (data.dataset, data.source) == (chosen.dataset, chosen.source)


def _too_few(count: int) -> str:
    stored = words.count(count, "is stored", "are stored") if count else "none is stored"
    return (
        f"It takes at least {LEAST_RUNS} finished runs on this data set, of comparable accuracy, to suspect "
        f"a label, and {stored}: train more networks on the page Lab, with this data set in the sidebar."
    )


def _images(chosen: Chosen, suspected: Sequence[Suspected], asked: int) -> None:
    pages = -(-len(suspected) // IMAGES_A_PAGE)
    page = st.pagination(pages, key=f"suspected_of_{chosen.dataset}_{pages}") if pages > 1 else 1
    grid = st.grid("auto", min_column_width=165, border=True)
    for each in suspected[(page - 1) * IMAGES_A_PAGE : page * IMAGES_A_PAGE]:
        with grid.cell():
            _image(chosen, each, asked)


def _image(chosen: Chosen, suspected: Suspected, asked: int) -> None:
    classes = chosen.info.classes
    label, answer = plain(classes[suspected.label]), plain(classes[suspected.answer])
    number = suspected.image
    alt = f"Test image {number + 1:,}, labelled {classes[suspected.label]}"
    st.image(images_png(chosen.images.x_test[number : number + 1], 1, WIDTH), alt=alt, width=WIDTH)
    lines = (
        f"labelled **{label}**",
        f"{suspected.runs} of {asked} runs: **{answer}**",
        f"mean confidence {words.percent(suspected.confidence, 0)}",
    )
    st.markdown("  \n".join(lines))
    st.caption(f"test image {number + 1:,}")
