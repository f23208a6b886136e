"""What is said about disturbed images, and that it is no verdict where chance explains the difference."""

import numpy as np
import pytest

from cnnlab.evidence.finding import text
from cnnlab.robustness.experiments import EXPERIMENTS, Experiment, experiment_for
from cnnlab.robustness.findings import Outcome, level_title, robustness_findings

SHIFT, NOISE, CONTRAST = (EXPERIMENTS[name] for name in ("shift", "noise", "contrast"))


def outcome(experiment: Experiment, counts, name: str = "CNN", images: int = 100) -> Outcome:
    """A network that gets the first so many images right at each level."""
    counts = np.broadcast_to(counts, len(experiment.levels))
    return Outcome(name, "#0877bd", np.arange(images) < counts[:, None])


def said(experiment: Experiment, outcomes: list[Outcome], baseline: Outcome | None) -> str:
    return text(robustness_findings(experiment, outcomes, baseline))


@pytest.mark.parametrize(
    "name, level, title",
    [
        ("shift", (0, 0), "original"),
        ("shift", (-4, 4), "−4, +4"),
        ("shift", (0, 4), "0, +4"),
        ("rotation", -30, "−30°"),
        ("contrast", 0.05, "5%"),
        ("zoom", 1, "original"),
    ],
)
def test_a_level_is_named_in_few_characters(name, level, title):
    assert level_title(EXPERIMENTS[name], level) == title


def by_strength(undisturbed: int, quoted: int) -> list[int]:
    return [undisturbed if level == 0 else quoted for level in NOISE.levels]


def test_the_sentence_has_what_is_kept_and_by_how_much_less_is_lost():
    cnn = outcome(NOISE, by_strength(900, 700), "CNN 8", images=1000)
    dense = outcome(NOISE, by_strength(800, 300), "Dense 32", images=1000)
    words = said(NOISE, [cnn, dense], dense)
    assert words.startswith(
        "With noise of standard deviation 0.2: CNN 8 keeps 70.0% (undisturbed 90.0%) "
        "and Dense 32 keeps 30.0% (undisturbed 80.0%). "
        "CNN 8 loses 30.0 points less than Dense 32 (95% interval "
    )
    assert words.endswith("Both were tested on the same 1,000 images.")
    other_way = said(NOISE, [cnn, dense], cnn)
    assert "Dense 32 loses 30.0 points more than CNN 8 (95% interval 2" in other_way


def test_a_gap_that_chance_may_have_made_is_no_verdict():
    generator = np.random.default_rng(0)
    noise = [Outcome(name, "#000", generator.random((7, 60)) < 0.5) for name in ("CNN", "Dense")]
    _, verdict = robustness_findings(NOISE, noise, noise[1])
    assert verdict.claim == "It is not clear whether CNN or Dense loses less"
    assert verdict.interval.low <= 0 <= verdict.interval.high
    assert "tested on the same 60 images" in text([verdict])


def test_a_strength_with_several_directions_is_said_to_be_a_mean():
    words = said(SHIFT, [outcome(SHIFT, 50)], None)
    assert words == "Shifted by 3 pixels (mean of 24 directions): CNN keeps 50.0% (undisturbed 50.0%)."


def test_without_the_baselines_result_nothing_is_held_against_it():
    networks = [outcome(CONTRAST, 50, name) for name in ("A", "B", "C")]
    assert said(CONTRAST, networks, None) == (
        "With 30% of the contrast left: A keeps 50.0% (undisturbed 50.0%), B keeps 50.0% (undisturbed 50.0%) "
        "and C keeps 50.0% (undisturbed 50.0%)."
    )


def test_a_shift_by_one_pixel_is_in_the_singular():
    small = experiment_for("shift", (8, 8, 1))
    right = np.ones((len(small.levels), 4), bool)
    [finding] = robustness_findings(small, [Outcome("A", "#000000", right)], None)
    assert finding.topic == "Shifted by 1 pixel (mean of 8 directions):"
