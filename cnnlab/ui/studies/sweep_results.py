"""The result of a sweep so far: the best settings, what fresh seeds say of them, figures, and all trials."""

import plotly.graph_objects as go
import streamlit as st

from cnnlab import words
from cnnlab.studies.sweep_figures import TITLES, FigureName, Scored, drawn, left_out, note, scored
from cnnlab.studies.sweep_findings import findings
from cnnlab.studies.sweep_progress import SweepProgress
from cnnlab.ui.components import plot
from cnnlab.ui.plain_text import markdown, plain
from cnnlab.ui.studies import sweep_trials

MOST_KEPT = 40  # figures
SLICES = 4  # at first


def render(progress: SweepProgress) -> None:
    """Draws what the finished trials show, or a sentence while there is none."""
    shown = scored(progress)
    if not shown.numbers:
        if progress.trials:
            st.info("The first result comes with the first finished trial.", icon=":material/hourglass_top:")
        sweep_trials.render(progress)
        return
    st.subheader("Result" if progress.state == "finished" else "Result so far", anchor=False)
    _findings(progress)
    _figures(progress, shown)
    sweep_trials.render(progress)


def _findings(progress: SweepProgress) -> None:
    """The best trial, and what its fresh seeds say; a paragraph for each."""
    for finding in findings(progress):
        st.markdown(markdown([finding]))
    if progress.sweep.objective != "accuracy":
        numbers = words.listing([f"{trial.number}" for trial in progress.front])
        trials = "Trial" if len(progress.front) == 1 else "Trials"
        st.markdown(f"{trials} {numbers}: no other is both cheaper and more accurate.")


def _figures(progress: SweepProgress, shown: Scored) -> None:
    names = [name for name in TITLES if name != "pareto" or shown.costs]
    name: FigureName = st.segmented_control(
        "Figure",
        names,
        format_func=TITLES.__getitem__,
        default="pareto" if shown.costs else "history",
        required=True,
        key=f"sweep_figure_{'pareto' if shown.costs else 'single'}",
        persist_state="session",
    )
    for settings in _settings(name, [each.title for each in shown.settings]):
        figure = _cached(_version(progress), name, settings, shown)
        plot.render(
            figure,
            key=f"sweep_{name}_{'_'.join(map(_identifier, settings))}",
            revision=f"{progress.study_id} {name} {settings}",
            alt=_alt(name, settings, shown),
        )
    st.caption(" ".join(filter(None, [plain(note(shown, name)), plain(left_out(shown))])))


def _identifier(text: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in text)


def _settings(name: FigureName, titles: list[str]) -> list[tuple[str, ...]]:
    """The settings of each figure to draw: none for most, one for a slice, two for a contour."""
    if name not in ("slice", "contour"):
        return [()]
    least = 1 if name == "slice" else 2
    if len(titles) < least:
        st.info(
            f"This figure needs {words.count(least, 'setting')} that differed between finished trials.",
            icon=":material/info:",
        )
        return []
    if name == "slice":
        chosen = st.multiselect(
            "Settings",
            titles,
            titles[:SLICES],
            key=f"sweep_slices_{_identifier(' '.join(titles))}",
            persist_state="session",
        )
        return [(each,) for each in chosen]
    with st.container(horizontal=True):
        pair = [
            st.selectbox(
                f"{axis} axis",
                titles,
                place,
                key=f"sweep_{axis.lower()}_{_identifier(' '.join(titles))}",
                persist_state="session",
                width=240,
            )
            for place, axis in enumerate(("Horizontal", "Vertical"))
        ]
    if pair[0] == pair[1]:
        st.info("Choose two different settings.", icon=":material/info:")
        return []
    return [tuple(pair)]


def _version(progress: SweepProgress) -> str:
    """Differs once a figure would."""
    states = "".join(trial.state[1] for trial in progress.trials)
    return f"{progress.study_id} {states} {progress.baseline}"


@st.cache_data(max_entries=MOST_KEPT, show_spinner="Drawing the figure")
def _cached(version: str, name: FigureName, settings: tuple[str, ...], _shown: Scored) -> go.Figure:
    return drawn(_shown, name, settings)


def _alt(name: FigureName, settings: tuple[str, ...], shown: Scored) -> str:
    best = max(range(len(shown.numbers)), key=shown.accuracies.__getitem__)
    of = f" ({words.listing(settings)})" if settings else ""
    return (
        f"{TITLES[name]}{of}: validation accuracy of {words.count(len(shown.numbers), 'trial')}, from "
        f"{words.percent(min(shown.accuracies))} to {words.percent(shown.accuracies[best])} "
        f"in trial {shown.numbers[best]}"
    )
