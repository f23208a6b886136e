"""The result of a study of seeds: the verdict, the curves as bands, and each seed's accuracies."""

import numpy as np
import pandas as pd
import streamlit as st

from cnnlab import words
from cnnlab.evidence.seed_noise import band, gap, verdict
from cnnlab.runs import Run
from cnnlab.studies.plan import ROLES
from cnnlab.studies.progress import Progress
from cnnlab.ui.cached.seed_curves import validation_curves
from cnnlab.ui.components import plot
from cnnlab.ui.plain_text import markdown
from cnnlab.views.figures.bands import PANELS, Band, bands_figure
from cnnlab.views.palette import COLORS, DASHES, SYMBOLS


def render(progress: Progress) -> None:
    """Draws the result of the seeds with which both networks have finished; there is at least one.

    So also of an exercise, whose networks are one before and after a change.
    """
    pairs = list(progress.pairs().values())
    names = progress.study.networks
    accuracies = np.array([[run.metrics["test_accuracy"] for run in pair] for pair in pairs])
    bands = [
        Band(names[number], COLORS[role], DASHES[role], SYMBOLS[role], metric, band(curves))
        for number, role in enumerate(ROLES)
        for metric, curves in _by_metric([pair[number] for pair in pairs]).items()
    ]
    plot.render(
        bands_figure(bands),
        key="study_bands",
        revision=progress.study_id,
        alt=f"Validation loss and accuracy of {' and '.join(names)} by epoch: mean over {len(pairs)} seeds, "
        "with bands for mean ± standard deviation and for the lowest and the highest seed",
    )
    st.caption(
        "Lines: mean over seeds. Darker bands: mean ± one standard deviation. Lighter bands: from the lowest "
        "to the highest seed."
    )
    if len(pairs) > 1:
        st.markdown(markdown([verdict(*names, gap(*accuracies.T))]))
    _table(names, pairs, accuracies)


def _table(names: tuple[str, str], pairs: list[tuple[Run, Run]], accuracies: np.ndarray) -> None:
    shares = np.vstack([accuracies, accuracies.mean(axis=0)])
    frame = pd.DataFrame(
        {
            "Seed": [*(str(model.spec.training.seed) for model, _ in pairs), "mean"],
            names[0]: [f"{share:.2%}" for share in shares[:, 0]],
            names[1]: [f"{share:.2%}" for share in shares[:, 1]],
            "Difference in points": [words.signed(100 * (first - second), 2) for first, second in shares],
        }
    )
    st.dataframe(frame, hide_index=True)
    st.caption("Test accuracy; every seed is tested on the same images.")


def _by_metric(network_runs: list[Run]) -> dict[str, pd.DataFrame]:
    curves = validation_curves(network_runs)
    return {metric: curves[curves["metric"] == metric] for metric in PANELS}
