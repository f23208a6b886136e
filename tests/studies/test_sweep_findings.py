from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp, ttest_rel

from cnnlab.evidence.finding import text
from cnnlab.runs import Run
from cnnlab.spec import PRESETS, RunSpec
from cnnlab.studies import sweep_findings
from cnnlab.studies.sweep_plan import Numbers, Sweep
from cnnlab.studies.sweep_progress import SweepProgress, Trial

SWEEP = Sweep(
    comparison=PRESETS["small"],
    ranges=(Numbers(path="training.learning_rate", low=1e-4, high=1e-1, log=True),),
    confirm_seeds=5,
)


def run(spec: RunSpec, validation: float, test: float) -> Run:
    metrics = {"best_val_accuracy": validation, "test_accuracy": test}
    started = pd.Timestamp("2026-01-01", tz="UTC")
    return Run("id", "name", "together", "model", spec, "finished", "", "CPU", "", "", metrics, started)


def progress(winner: list[float], start: list[float], scored: float = 0.9) -> SweepProgress:
    spec = SWEEP.comparison.runs()["model"]
    trials = tuple(
        Trial(number, {"training.learning_rate": rate}, "finished", (run(spec, value, 0.5),), (value,))
        for number, (rate, value) in enumerate([(0.01, scored), (0.05, scored - 0.1)])
    )
    seeds = SWEEP.fresh_seeds()
    fresh = {
        (network, seed): run(spec, value, value)
        for network, values in (("winner", winner), ("start", start), ("baseline", start))
        for seed, value in zip(seeds, values, strict=False)
    }
    return SweepProgress("study", SWEEP, trials, "finished", fresh, 0.8)


FRESH = [0.86, 0.87, 0.855, 0.865, 0.86]
START = [0.84, 0.851, 0.835, 0.842, 0.846]


def test_by_how_much_selection_has_flattered_the_winner_is_a_t_interval():
    scored, above = sweep_findings.flattery(progress(FRESH, START))
    expected = ttest_1samp(scored - np.array(FRESH), 0)
    interval = expected.confidence_interval(0.95)
    assert above.mean == pytest.approx(0.9 - np.mean(FRESH))
    assert above[3:] == pytest.approx((interval.low, interval.high, expected.pvalue))


def test_the_sentences():
    found = text(sweep_findings.findings(progress(FRESH, START)))
    assert "The best of 2 finished trials, trial 0, reaches 90.0% of the validation images with" in found
    assert "learning rate 0.01" in found
    assert "Selection has flattered trial 0 by 3.80 points: it scored 90.0%, and reaches 86.2%" in found
    assert "CNN 8-16 of trial 0 is better than CNN 8-16 as set by" in found
    assert "CNN 8-16 of trial 0 is better than Dense 32 by" in found
    assert sweep_findings.TESTED in found


def test_the_verdict_is_the_paired_t_test_over_the_fresh_seeds():
    found = sweep_findings.findings(progress(FRESH, START))
    expected = ttest_rel(FRESH, START)
    assert [finding.p_value for finding in found[2:]] == pytest.approx([expected.pvalue] * 2)


def test_nothing_is_flattered_where_the_interval_holds_zero():
    fresh = [0.89, 0.92, 0.88, 0.91, 0.905]
    found = sweep_findings.findings(progress(fresh, START))[1]
    assert found.claim.startswith("No clear sign that selection has flattered trial 0")
    assert found.interval[0] < 0 < found.interval[1]


def test_before_fresh_seeds_the_best_trial_says_that_it_may_be_luck():
    [found] = sweep_findings.findings(progress([], []))
    assert found.caveats == (sweep_findings.NOT_CONFIRMED,)
    assert sweep_findings.findings(replace(progress([], []), trials=())) == []


def test_failed_and_pruned_trials_are_counted():
    known = progress([], [])
    lost = [
        replace(known.trials[0], number=number, state=state, values=None)
        for number, state in ((2, "failed"), (3, "pruned"), (4, "pruned"))
    ]
    assert sweep_findings.left_out(replace(known, trials=(*known.trials, *lost))) == (
        "2 trials were pruned and 1 failed."
    )
