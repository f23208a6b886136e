"""The section "Export": a run as source, network and tables, the comparison as tables and as a report.

Files are made when they are downloaded. What takes longer, or may fail, has a button of its own first, so
that the page can say why it failed.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from cnnlab import runs
from cnnlab.arithmetic.network import layer_rows
from cnnlab.comparison.candidates import Candidate
from cnnlab.comparison.section import Figure, Section
from cnnlab.data.registry import DATASETS
from cnnlab.export import report, script, tables
from cnnlab.export.source import keras_dataset
from cnnlab.runs import Run
from cnnlab.ui.actions import reported
from cnnlab.ui.cached.answers import ask
from cnnlab.ui.components import downloadable_figure
from cnnlab.views.tables.layers import summary_frame
from cnnlab.worker import answers

CHOSEN = "taken_run"
CONVERTED = "converted_run"  # the run whose network was converted last
PREPARED = "prepared_sections"  # of which runs, and the sections themselves
MIMES = {
    ".py": "text/x-python",
    ".ipynb": "application/x-ipynb+json",
    ".zip": "application/zip",
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".html": "text/html",
}

Sections = Callable[[], list[Section]]


def render(
    compared: list[Candidate], baseline: Candidate, sections: Sections, every_run: list[Run] | None = None
) -> None:
    """Draws the downloads.

    Args:
        compared: The runs, each of which is offered by itself.
        baseline: The one of them that the others are compared with.
        sections: Makes the content of the report when its button is pressed.
        every_run: The runs in the tables of the whole comparison; by default those that are compared.
    """
    st.subheader("One run", anchor=False)
    render_run(_choose(compared))
    st.subheader("The comparison", anchor=False)
    behind = every_run or [each.run for each in compared]
    _results(behind)
    _report(compared, baseline, sections, behind)


def render_run(run: Run) -> None:
    """The downloads of one run: its source, its network, its tables."""
    _source(run)
    _network(run)
    _run_tables(run)


def _choose(compared: list[Candidate]) -> Run:
    by_id = {each.run.run_id: each for each in compared}
    if st.session_state.get(CHOSEN) not in by_id:
        st.session_state[CHOSEN] = next(iter(by_id))
    chosen = st.selectbox(
        "Run",
        list(by_id),
        format_func=lambda run_id: by_id[run_id].label,
        key=CHOSEN,
        persist_state="session",
        width=360,
    )
    return by_id[chosen].run


def _source(run: Run) -> None:
    bundled = not keras_dataset(run.spec.data)
    where = "The bundle holds the images too." if bundled else "Keras downloads the images."
    st.caption(
        "Source that builds the network from the same initial weights and trains it on the same images in "
        f"the same order. {where}"
    )
    with st.container(horizontal=True):
        _offer("Keras script", lambda: script.script(run), run, ".py")
        _offer("Notebook", lambda: script.notebook(run), run, ".ipynb")
        _offer(
            "Bundle",
            lambda: script.bundle(run),
            run,
            ".zip",
            help=f"Script, notebook, requirements{' and images' if bundled else ''} in one zip file.",
        )


def _network(run: Run) -> None:
    st.caption("The trained network, for Keras with the optimizer's state, or for phones and small machines.")
    with st.container(horizontal=True):
        with reported():
            runs.require_model(run.run_id)
            old = _needs_cnnlab(run.run_id, f"{run.spec.training.epochs} {run.metrics.get('seconds')}")
            content = _without_cnnlab(run) if old else lambda: runs.model_content(run.run_id)
            _offer("Keras file", content, run, ".keras")
        if st.button("Convert to TensorFlow Lite", key="convert"):
            st.session_state[CONVERTED] = run.run_id
        if st.session_state.get(CONVERTED) == run.run_id:
            _tflite(run)


@st.cache_data(max_entries=100, show_spinner=False)
def _needs_cnnlab(run_id: str, version: str) -> bool:
    """Whether only cnnlab can load the network; `version` differs once the run was continued."""
    return runs.needs_cnnlab(runs.model_content(run_id))


def _without_cnnlab(run: Run) -> Callable[[], bytes]:
    with st.spinner("Writing a file that any Keras can load"):
        content = ask(answers.keras_file, run, run.spec.training.epochs)
    return lambda: content


def _tflite(run: Run) -> None:
    epochs = runs.weight_epochs(run.run_id) or [0]
    with reported():
        with st.spinner("Converting"):
            content = ask(answers.tflite, run, epochs[-1])
        _offer(f"TensorFlow Lite, {len(content) / 1024:,.0f} KiB", lambda: content, run, ".tflite")


def _run_tables(run: Run) -> None:
    info = DATASETS[run.spec.data.dataset]
    st.caption("Every value of its curves, and its layers with their shapes, parameters and multiply-adds.")
    with st.container(horizontal=True):
        _offer("Curves, CSV", lambda: tables.csv(tables.curves([run])), run, "_curves.csv")
        _offer("Curves, Parquet", lambda: tables.parquet(tables.curves([run])), run, "_curves.parquet")
        layers = summary_frame(layer_rows(run.spec.model, info.input_shape, len(info.classes)))
        _offer("Layers, CSV", lambda: tables.csv(layers), run, "_layers.csv")


def _results(of: list[Run]) -> None:
    st.caption(f"Results and settings of the {len(of)} runs, one row each, and all of their curves.")
    with st.container(horizontal=True):
        _offer("Results, CSV", lambda: tables.csv(tables.results(of)), None, "results.csv")
        _offer("Results, Parquet", lambda: tables.parquet(tables.results(of)), None, "results.parquet")
        _offer("All curves, CSV", lambda: tables.csv(tables.curves(of)), None, "curves.csv")
        _offer("All curves, Parquet", lambda: tables.parquet(tables.curves(of)), None, "curves.parquet")


def _report(compared: list[Candidate], baseline: Candidate, sections: Sections, every_run: list[Run]) -> None:
    st.caption(
        "The whole comparison as one HTML file with interactive figures that opens offline, and each figure "
        "as PNG or SVG."
    )
    shown = [each.run for each in (*compared, baseline)]
    which = tuple((run.run_id, run.spec.training.epochs) for run in (*shown, *every_run))
    with st.container(horizontal=True):
        if st.button("Prepare report and figures", key="prepare_report"):
            with reported(), st.spinner("Preparing"):
                st.session_state[PREPARED] = which, sections()
        prepared_for, sections_ready = st.session_state.get(PREPARED, ((), []))
        if prepared_for != which:
            return
        title = _title(compared, baseline)
        _offer("HTML report", lambda: report.html(title, sections_ready), None, "report.html")
    _figures(sections_ready)


def _title(compared: list[Candidate], baseline: Candidate) -> str:
    others = [each.label for each in compared if each.run.run_id != baseline.run.run_id]
    return f"{', '.join(others)} against {baseline.label}"


def _figures(sections: list[Section]) -> None:
    figures = {
        f"{section.heading}: {figure.title}": figure for section in sections for figure in section.figures
    }
    if not figures:
        return
    chosen = st.selectbox("Figure", list(figures), key="taken_figure", persist_state="session")
    figure: Figure = figures[chosen]
    downloadable_figure.render(
        figure.figure, chosen, script.slug(chosen), key="figure_download", alt=figure.alt
    )


def _offer(label: str, content: Callable[[], Any], run: Run | None, ending: str, help: str = "") -> None:
    """A button that makes and downloads a file; of a run, or of the comparison where there is none."""
    name = script.file_name(run, ending) if run else f"comparison_{ending}"
    suffix = name[name.rindex(".") :]
    st.download_button(
        label,
        content,
        name,
        MIMES.get(suffix, "application/octet-stream"),
        key=f"take_{'run' if run else 'all'}_{ending.replace('.', '_')}",
        help=help or None,
        on_click="ignore",
        icon=":material/download:",
    )
