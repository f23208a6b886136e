"""What a sweep has found: its best trial, by how much selection has flattered it, and whether it is better.

The best of many trials is partly the luckiest. So it is trained again with fresh seeds, beside the settings
that the sweep started from and the baseline. Its score is compared with the validation accuracy on these
seeds, which is the same measure; the verdicts are about test accuracy, which the sweep has not used.
"""

from dataclasses import replace

import numpy as np

from cnnlab import words
from cnnlab.evidence import seed_noise
from cnnlab.evidence.finding import Finding, Quantity, in_points
from cnnlab.evidence.intervals import Interval
from cnnlab.evidence.seed_noise import Gap, gap, verdict
from cnnlab.runs import Run
from cnnlab.spec import network_title
from cnnlab.studies.sweep_plan import title
from cnnlab.studies.sweep_progress import Confirming, SweepProgress, Trial, score

TESTED = "This is about test accuracy with fresh seeds; the sweep has used neither."
NOT_CONFIRMED = (
    "The best of many trials is partly the luckiest: only fresh seeds tell how good its settings are."
)


def findings(progress: SweepProgress) -> list[Finding]:
    """The findings so far: the best trial, then what its fresh seeds say; empty before the first score."""
    best = progress.best
    if best is None:
        return []
    found = [best_finding(progress, best)]
    if flattered := flattery(progress):
        found.append(flattery_finding(best, *flattered))
    others: tuple[Confirming, ...] = ("start", "baseline")
    return found + [finding for other in others if (finding := _against(progress, best, other))]


def best_finding(progress: SweepProgress, best: Trial) -> Finding:
    """Which trial is the best, with its settings."""
    settings = [f"{title(path).lower()} {in_words(value)}" for path, value in best.settings.items()]
    accuracy = best.accuracy or 0.0
    return Finding(
        (f"Trial {best.number}",),
        f"The best of {words.count(len(progress.finished), 'finished trial')}, trial {best.number}, reaches "
        f"{words.percent(accuracy)} of the validation images with {words.listing(settings)}",
        Quantity(100 * accuracy, "%"),
        grounds=tuple(filter(None, [left_out(progress)])),
        caveats=() if flattery(progress) else (NOT_CONFIRMED,),
    )


def in_words(value: object) -> str:
    """A value of a setting: '0.00752', '64', 'adam', 'yes'."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def left_out(progress: SweepProgress) -> str:
    """How many trials have no score, and why not, in a sentence; empty where all have one."""
    states = [trial.state for trial in progress.trials]
    parts = [
        f"{words.count(number, 'trial was', 'trials were')} pruned"
        if state == "pruned"
        else f"{number:,} failed"
        for state in ("pruned", "failed")
        if (number := states.count(state))
    ]
    return f"{words.listing(parts).capitalize()}." if parts else ""


def flattery(progress: SweepProgress) -> tuple[float, Gap] | None:
    """The best trial's score, and how far it is above its validation accuracies with fresh seeds.

    None before two of these are known.
    """
    best = progress.best
    runs = [progress.confirmation.get(("winner", seed)) for seed in progress.sweep.fresh_seeds()]
    fresh = [accuracy for run in runs if run and (accuracy := score(run)) is not None]
    if best is None or best.accuracy is None or len(fresh) < 2:
        return None
    return best.accuracy, gap(np.full(len(fresh), best.accuracy), np.array(fresh))


def flattery_finding(best: Trial, scored: float, above: Gap) -> Finding:
    """By how much selection has flattered the best trial; in `above` the fresh seeds come second."""
    behind = above.mean < 0
    figure = Quantity(100 * abs(above.mean), "points", seed_noise.DIGITS)
    points = words.number(figure.value, seed_noise.DIGITS)
    numbers = (
        f"it scored {words.percent(scored)}, and reaches {words.percent(scored - above.mean)} on average "
        f"with {above.seeds} fresh seeds"
    )
    if above.is_significant and not behind:
        claim = f"Selection has flattered trial {best.number} by {points} points: {numbers}"
    elif above.is_significant:
        claim = f"Trial {best.number} is better than its score, by {points} points: {numbers}"
    else:
        claim = f"No clear sign that selection has flattered trial {best.number}: {numbers}"
        figure = replace(figure, introduced_by=f"its score is {'below' if behind else 'above'} that by")
    return Finding(
        (f"Trial {best.number}",),
        claim,
        figure,
        in_points(Interval(above.low, above.high), mirrored=behind) if above.sd else None,
        grounds=("Both are validation accuracy.",),
        caveats=tuple(filter(None, [seed_noise.few(above)])),
    )


def _against(progress: SweepProgress, best: Trial, other: Confirming) -> Finding | None:
    """Whether the best trial beats the start or the baseline; None before two seeds have both."""
    pairs = [
        (
            _tested(progress.confirmation.get(("winner", seed))),
            _tested(progress.confirmation.get((other, seed))),
        )
        for seed in progress.sweep.fresh_seeds()
    ]
    complete = [(first, second) for first, second in pairs if first is not None and second is not None]
    if len(complete) < 2:
        return None
    first, second = (np.array(each) for each in zip(*complete, strict=True))
    comparison = progress.sweep.comparison
    winner = network_title(progress.sweep.with_point(best.settings).model)
    if other == "start" or comparison.baseline is None:
        rival = f"{network_title(comparison.model)} as set"
    else:
        rival = network_title(comparison.baseline)
    found = verdict(f"{winner} of trial {best.number}", rival, gap(first, second))
    return replace(found, grounds=(*found.grounds, TESTED))


def _tested(run: Run | None) -> float | None:
    return run.metrics.get("test_accuracy") if run and run.status == "finished" else None
