"""The result of a study so far: its findings, figure and table, and a link to compare one pair of runs."""

from collections.abc import Callable
from typing import cast

import numpy as np
import pandas as pd
import streamlit as st

from cnnlab import words
from cnnlab.comparison.candidates import Candidate
from cnnlab.data.registry import DATASETS
from cnnlab.evidence.finding import text
from cnnlab.evidence.intervals import wilson
from cnnlab.evidence.paired import paired
from cnnlab.evidence.seed_noise import gap
from cnnlab.runs import Run
from cnnlab.spec import ConvNetSpec, DenseSpec, network_title
from cnnlab.studies import findings, plan
from cnnlab.studies.plan import MOST_EPOCHS, RIVAL_TITLES, ROLES, Kind
from cnnlab.studies.progress import Progress
from cnnlab.ui.actions import reported
from cnnlab.ui.cached.predictions import predicted
from cnnlab.ui.components import plot
from cnnlab.ui.plain_text import markdown, one_line, plain
from cnnlab.ui.studies import seeds
from cnnlab.views.figures.studies import (
    Difference,
    Point,
    Series,
    Shuffled,
    by_images_figure,
    differences_figure,
    order_figure,
)
from cnnlab.views.palette import COLORS, DASHES, SYMBOLS

FEWER_STEPS = (
    "Every network was trained for the same number of epochs, so fewer images also meant fewer steps. "
    "'As many steps for each' removes that difference."
)
AS_MANY_STEPS = (
    "Smaller sets were trained for more epochs, so that every network got about the same number of steps, "
    f"but for {MOST_EPOCHS} epochs at most."
)


def render(progress: Progress) -> None:
    """Draws the result of the finished trainings, or a sentence if there are too few."""
    if not progress.pairs():
        st.info(
            "The first result comes as soon as both networks of a pair have been trained.",
            icon=":material/hourglass_top:",
        )
        return
    st.subheader("Result" if not progress.active else "Result so far")
    with reported("A training of this study cannot be evaluated.", icon=":material/folder_off:"):
        _SHOWN[progress.study.kind](progress)
    _closer_look(progress)


def _closer_look(progress: Progress) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        arm = st.selectbox(
            "Look closer at",
            list(progress.pairs()),
            key=f"study_arm_{progress.study_id}",
            width=320,
            help="Opens the two runs on the page Compare.",
        )
        pair = progress.pairs()[arm]
        st.page_link(
            "../../pages/compare.py",
            label="Compare",
            icon=":material/compare_arrows:",
            query_params={"runs": ",".join(run.run_id for run in pair)},
        )


def _accuracy(run: Run) -> Point:
    """Test accuracy with Wilson's interval."""
    total = DATASETS[run.spec.data.dataset].test_images[run.spec.data.source]
    accuracy = run.metrics["test_accuracy"]
    return Point(accuracy, *wilson(round(accuracy * total), total))


def _with_interval(point: Point) -> str:
    return f"{words.percent(point.value)} ({words.percent(point.low)} to {words.percent(point.high)})"


def _right(run: Run) -> np.ndarray:
    """Whether the network is right on each test image, (N,) bool. Raises `RunNotFound`."""
    return predicted(Candidate(run, network_title(run.spec.model), "")).right


def _series(progress: Progress, places: list[int]) -> list[Series]:
    """Both networks' accuracies, arm by arm, each arm at its place on the horizontal axis."""
    pairs = progress.pairs()
    return [
        Series(
            name=_names(progress)[number],
            color=COLORS[role],
            dash=DASHES[role],
            symbol=SYMBOLS[role],
            places=places,
            points=[_accuracy(pair[number]) for pair in pairs.values()],
        )
        for number, role in enumerate(ROLES)
    ]


def _names(progress: Progress) -> tuple[str, str]:
    """The names of both networks, which are the same in every arm; a pair must have finished."""
    model, baseline = next(iter(progress.pairs().values()))
    return network_title(model.spec.model), network_title(baseline.spec.model)


def _table(progress: Progress, series: list[Series], heading: str) -> None:
    columns = {each.name: [_with_interval(point) for point in each.points] for each in series}
    st.dataframe(pd.DataFrame({heading: list(progress.pairs()), **columns}), hide_index=True)
    st.caption("Test accuracy, with 95% intervals by Wilson's method.")


def _images(progress: Progress) -> None:
    sizes = [model.spec.data.images for model, _ in progress.pairs().values()]
    series = _series(progress, sizes)
    model, baseline = ([point.value for point in each.points] for each in series)
    plot.render(
        by_images_figure(series),
        key="study_by_images",
        revision=progress.study_id,
        alt="Test accuracy by number of training images: " + _spoken(series, " with {:,} images"),
    )
    if len(sizes) > 1:
        st.markdown(markdown([findings.images_finding(_names(progress), sizes, (model, baseline))]))
    epochs = {each.spec.training.epochs for each in progress.study.trainings}
    st.caption(FEWER_STEPS if len(epochs) == 1 else AS_MANY_STEPS)
    _table(progress, series, "Training images")


def _order(progress: Progress) -> None:
    pairs = progress.pairs()
    seeds = [
        (pairs[in_place], pairs[shuffled])
        for in_place, shuffled in plan.order_arms(progress.study)
        if in_place in pairs and shuffled in pairs
    ]
    if not seeds:
        st.info(
            "The first result comes as soon as both networks of a seed were trained both ways.",
            icon=":material/hourglass_top:",
        )
        return
    networks = [
        Shuffled(
            name=_names(progress)[number],
            color=COLORS[role],
            dash=DASHES[role],
            symbol=SYMBOLS[role],
            in_place=[in_place[number].metrics["test_accuracy"] for in_place, _ in seeds],
            shuffled=[shuffled[number].metrics["test_accuracy"] for _, shuffled in seeds],
        )
        for number, role in enumerate(ROLES)
    ]
    plot.render(
        order_figure(networks),
        key="study_by_order",
        revision=progress.study_id,
        alt="Mean test accuracy by order of the pixels: "
        + "; ".join(
            f"{each.name} {np.mean(each.in_place):.1%} in place, {np.mean(each.shuffled):.1%} shuffled"
            for each in networks
        ),
    )
    if len(seeds) > 1:
        st.caption("Thin lines: one seed each. Thick lines: the mean.")
    for number, each in enumerate(networks):
        convolves = isinstance(seeds[0][0][number].spec.model, ConvNetSpec)
        if len(seeds) > 1:
            seen = gap(np.array(each.in_place), np.array(each.shuffled))
            st.markdown(markdown([findings.order_finding(each.name, seen, convolves)]))
        else:
            [(in_place, shuffled)] = seeds
            counts = paired(_right(in_place[number]), _right(shuffled[number]))
            finding = findings.order_finding_of_one_seed(each.name, counts, convolves)
            st.markdown(plain(text([finding])))  # nothing in bold: one seed is not enough
    if len(seeds) == 1:
        st.caption(findings.ONE_SEED)
    _order_table(networks, [in_place[0].spec.training.seed for in_place, _ in seeds])


def _order_table(networks: list[Shuffled], seeds: list[int]) -> None:
    columns = {}
    for each in networks:
        columns[f"{each.name}, in place"] = each.in_place
        columns[f"{each.name}, shuffled"] = each.shuffled
    rows = {
        name: [f"{share:.2%}" for share in [*shares, np.mean(shares)]] for name, shares in columns.items()
    }
    st.dataframe(pd.DataFrame({"Seed": [*map(str, seeds), "mean"], **rows}), hide_index=True)
    st.caption("Test accuracy; every seed is tested on the same images.")


def _spoken(series: list[Series], place: str) -> str:
    return "; ".join(
        f"{each.name} "
        + ", ".join(
            f"{point.value:.1%}{place.format(at)}" for at, point in zip(each.places, each.points, strict=True)
        )
        for each in series
    )


def _parts(progress: Progress) -> None:
    rivals = {title: rival for rival, title in RIVAL_TITLES.items()}
    model = next(iter(progress.pairs().values()))[0]
    cnn, cnn_name = cast(ConvNetSpec, model.spec.model), network_title(model.spec.model)
    differences, rows, found = [], [], []
    for arm, (_, rival) in progress.pairs().items():
        counts = paired(_right(model), _right(rival))
        point = Point(counts.difference, *counts.interval)
        training = progress.study.training(arm, "baseline")
        name = training.name if training else arm
        differences.append(Difference(name, point))
        rows.append(_row(name, rival, point))
        dense = isinstance(rival.spec.model, DenseSpec)
        names = cnn_name, network_title(rival.spec.model) if dense else name
        found.append(findings.part_finding(rivals[arm], cnn, names, counts))
    plot.render(
        differences_figure(differences, COLORS["model"]),
        key="study_differences",
        revision=progress.study_id,
        alt="Points by which the CNN is ahead: "
        + "; ".join(f"{words.signed(100 * each.point.value)} of {each.rival}" for each in differences),
    )
    st.markdown("\n".join(map(one_line, found)))
    st.caption(findings.ONE_SEED)
    rows.insert(0, _row(cnn_name, model, None))
    st.dataframe(pd.DataFrame(rows), hide_index=True)


def _row(name: str, run: Run, ahead: Point | None) -> dict[str, str]:
    metrics = run.metrics
    return {
        "Network": name,
        "Test accuracy": _with_interval(_accuracy(run)),
        "CNN ahead by, in points": ""
        if ahead is None
        else "{} ({} to {})".format(*(words.signed(100 * each) for each in ahead)),
        "Parameters": f"{metrics['params']:,.0f}",
        "Multiply-adds": f"{metrics['macs']:,.0f}",
        "Seconds": f"{metrics['seconds']:.1f}",
    }


def _precision(progress: Progress) -> None:
    seeds.render(progress)
    seconds = [
        (half.metrics["seconds"], single.metrics["seconds"]) for half, single in progress.pairs().values()
    ]
    st.caption(findings.precision_seconds(seconds))


_SHOWN: dict[Kind, Callable[[Progress], None]] = {
    "seeds": seeds.render,
    "parts": _parts,
    "images": _images,
    "order": _order,
    "precision": _precision,
    "change": seeds.render,
}
