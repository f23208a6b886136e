"""Where networks differ on the same test images, from their stored predictions: a verdict and its grounds."""

import numpy as np
import pandas as pd
import streamlit as st

from cnnlab import words
from cnnlab.errors import RunNotFound
from cnnlab.evidence.calibration import calibration, calibration_finding
from cnnlab.evidence.classes import by_class
from cnnlab.evidence.finding import Finding, text
from cnnlab.evidence.paired import Paired, paired
from cnnlab.ui.cached.predictions import Predicted, predicted
from cnnlab.ui.compare import confusion, disagreements
from cnnlab.ui.components import plot
from cnnlab.ui.labelled_runs import Candidate
from cnnlab.ui.plain_text import markdown, plain
from cnnlab.views.figures.classes import ClassScores, accuracy_by_class_figure, widest_gap
from cnnlab.views.figures.reliability import Reliability, reliability_figure
from cnnlab.views.tables.results import comparison_findings

FIRST, SECOND = "differ_first", "differ_second"  # the boxes that choose two of several networks


def show(compared: list[Candidate], baseline: Candidate) -> None:
    """The verdict on two of the networks, and its grounds.

    A network without stored predictions, or with those of other images, is left out with a sentence.
    """
    tested = _tested(compared, baseline)
    if len(tested) < 2:
        st.info("It takes two tested networks to say where they differ: select another run.")
        return
    first, second = _pair(tested, baseline)
    counts = paired(first.right, second.right)
    st.markdown(markdown(pair_findings(first, second, counts)))
    _counts(first, second, counts)
    st.fragment(confusion.show)(first, second)
    _by_class(tested, first, second)
    _calibration(tested)
    st.fragment(disagreements.show)(first, second)


def _tested(compared: list[Candidate], baseline: Candidate) -> list[Predicted]:
    """The answers that can be compared, in the order of the networks; the baseline says which they are."""
    found: dict[str, Predicted] = {}
    for candidate in sorted(compared, key=lambda each: each.run.run_id != baseline.run.run_id):
        try:
            read = predicted(candidate)
        except RunNotFound as error:
            st.warning(f"{plain(candidate.label)} is left out here. {error}", icon=":material/error:")
            continue
        reference = next(iter(found.values()), read)
        if np.array_equal(read.labels, reference.labels):
            found[read.run.run_id] = read
        else:
            st.warning(
                f"{read.name} is left out here: it was tested on other images than {reference.name}.",
                icon=":material/error:",
            )
    return [found[each.run.run_id] for each in compared if each.run.run_id in found]


def _pair(tested: list[Predicted], baseline: Candidate) -> tuple[Predicted, Predicted]:
    """Two of the networks: by default the first one beside the baseline, and the baseline."""
    by_id = {each.run.run_id: each for each in tested}
    second = baseline.run.run_id if baseline.run.run_id in by_id else tested[-1].run.run_id
    first = next(run_id for run_id in by_id if run_id != second)
    if len(tested) > 2:
        with st.container(horizontal=True):
            first = _box("Network", list(by_id), first, FIRST, by_id)
            others = [run_id for run_id in by_id if run_id != first]
            second = _box("Against", others, second if second in others else others[0], SECOND, by_id)
    return by_id[first], by_id[second]


def _box(label: str, options: list[str], default: str, key: str, by_id: dict[str, Predicted]) -> str:
    if st.session_state.get(key) not in options:  # chosen among other networks
        st.session_state[key] = default
    return st.selectbox(
        label,
        options,
        format_func=lambda run_id: by_id[run_id].label,
        key=key,
        persist_state="session",
        width=320,
    )


def pair_findings(first: Predicted, second: Predicted, counts: Paired) -> list[Finding]:
    """What the pages Compare and Train, the command line and the report say about two networks."""
    return comparison_findings((first.label, second.label), (first.run, second.run), counts, counts.images)


def _counts(first: Predicted, second: Predicted, counts: Paired) -> None:
    """On how many images both, only one, or neither is right."""

    def row(*cells: int) -> list[str]:
        return [f"{count:,} ({words.percent(count / counts.images)})" for count in (*cells, sum(cells))]

    columns = [f"{second.name} right", f"{second.name} wrong", "Total"]
    rows = {
        f"{first.name} right": row(counts.both, counts.only_first),
        f"{first.name} wrong": row(counts.only_second, counts.neither),
        "Total": row(counts.both + counts.only_second, counts.only_first + counts.neither),
    }
    st.table(pd.DataFrame.from_dict(rows, orient="index", columns=columns))


def _by_class(tested: list[Predicted], first: Predicted, second: Predicted) -> None:
    st.subheader("Class by class", anchor=False)
    scores = {
        each.run.run_id: ClassScores(
            each.label, each.color, by_class(each.labels, each.answers, each.classes)
        )
        for each in tested
    }
    widest = widest_gap(scores[first.run.run_id], scores[second.run.run_id])
    if widest:
        st.markdown(markdown([widest]))
    st.caption("The bars are 95% intervals (Wilson's), each for one class by itself.")
    plot.show(
        accuracy_by_class_figure(list(scores.values())),
        key="accuracy_by_class",
        revision=" ".join(scores),
        alt=f"Accuracy by class, with intervals, of {_listed(tested)}. {text([widest] if widest else [])}",
        tools=False,
    )
    with st.expander("The same as a table"):
        _class_table(list(scores.values()))


def _class_table(scores: list[ClassScores]) -> None:
    table = pd.concat([each.frame.assign(network=each.name) for each in scores], ignore_index=True)
    table = table[["network", *table.columns.drop("network")]].rename(columns=str.capitalize)
    shares = {name: st.column_config.NumberColumn(format="percent") for name in ("Accuracy", "Low", "High")}
    st.dataframe(table, hide_index=True, column_config=shares, key="accuracy_by_class_table")


def _calibration(tested: list[Predicted]) -> None:
    st.subheader("Calibration", anchor=False)
    st.caption(
        "Images are sorted into bins by the probability that a network gives its answer. A perfectly "
        "calibrated network is right as often as it is confident: its curve lies on the diagonal; below it, "
        "a network is overconfident. The bars are 95% intervals (Wilson's)."
    )
    networks, findings = [], []
    for each in tested:
        calibrated = calibration(each.probabilities, each.labels)
        findings.append(calibration_finding(each.label, calibrated))
        if calibrated is None:
            st.warning(markdown(findings[-1:]), icon=":material/error:")
            continue
        networks.append(Reliability(each.label, each.color, calibrated))
        st.markdown(markdown(findings[-1:]))
    plot.show(
        reliability_figure(networks),
        key="reliability",
        revision=" ".join(each.run.run_id for each in tested),
        alt=f"Reliability curves. {text(findings)}",
        tools=False,
    )


def _listed(tested: list[Predicted]) -> str:
    return ", ".join(each.label for each in tested)
