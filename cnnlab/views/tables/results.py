"""The end of a comparison: a table of results, and what was found."""

from collections.abc import Sequence

import pandas as pd

from cnnlab import words
from cnnlab.evidence.finding import Finding, Quantity
from cnnlab.evidence.paired import Paired, verdict
from cnnlab.runs import Run
from cnnlab.spec import network_title

ONE_RUN = "This is one run each; chance could explain part of the gap. Test it with more seeds."
NEEDED = {"test_accuracy", "test_loss", "best_val_accuracy", "best_epoch", "seconds", "params", "macs"}
"""The metrics of a tested run; a run that another tool has changed may lack some."""


def result_table(runs: list[Run]) -> pd.DataFrame:
    """One row for each tested run, its numbers formatted as text.

    Columns: Network, Test accuracy, Test loss, Best validation accuracy (with its epoch), Seconds,
    Parameters, Multiply-adds (for one image); where a run has patience also Tested weights.
    """
    rows = [_row(run) for run in runs]
    if any(run.spec.training.patience for run in runs):
        rows = [row | {"Tested weights": _tested_weights(run)} for row, run in zip(rows, runs, strict=True)]
    return pd.DataFrame(rows)


def _tested_weights(run: Run) -> str:
    """'of epoch 4, the best'; patience puts the weights back that had the lowest validation loss."""
    epoch = run.metrics.get("tested_epoch")
    if not run.spec.training.patience or epoch is None:
        return "of the last epoch"
    return f"of epoch {epoch:.0f}, the best"


def _row(run: Run) -> dict[str, str]:
    metrics = run.metrics
    return {
        "Network": network_title(run.spec.model),
        "Test accuracy": words.percent(metrics["test_accuracy"]),
        "Test loss": f"{metrics['test_loss']:.3f}",
        "Best validation accuracy": (
            f"{words.percent(metrics['best_val_accuracy'])} in epoch {metrics['best_epoch']:.0f}"
        ),
        "Seconds": f"{metrics['seconds']:.1f}",
        "Parameters": f"{metrics['params']:,.0f}",
        "Multiply-adds": f"{metrics['macs']:,.0f}",
    }


def comparison_findings(
    names: Sequence[str], tested: Sequence[Run], counts: Paired | None, test_images: int
) -> list[Finding]:
    """What is said about one or two tested networks: which is better, if that is clear, and what it costs.

    Args:
        names: Of the networks.
        tested: Their runs: the model and, if there is one, its baseline.
        counts: Who is right on which test images; None if the predictions of one are not stored, or are of
            other images. Without them there is no verdict.
        test_images: How many images they were tested on.
    """
    if len(tested) == 1:
        [name], accuracy = names, tested[0].metrics["test_accuracy"]
        return [
            Finding(
                (name,), f"{name} is right on {words.percent(accuracy)} of the {test_images:,} test images"
            )
        ]
    first, second = names
    better = verdict(first, second, counts) if counts else _accuracies(names, tested, test_images)
    return [better, *_cost(names, tested)]


def _accuracies(names: Sequence[str], tested: Sequence[Run], test_images: int) -> Finding:
    """The two accuracies, without a verdict."""
    shares = [words.percent(run.metrics["test_accuracy"]) for run in tested]
    parts = [f"{name} is right on {share}" for name, share in zip(names, shares, strict=True)]
    claim = f"{words.listing(parts)} of the {test_images:,} test images"
    return Finding(tuple(names), claim, caveats=(ONE_RUN,))


def _cost(names: Sequence[str], tested: Sequence[Run]) -> list[Finding]:
    """How many times as many multiply-adds the costlier network needs; nothing if a run does not say."""
    costs = [run.metrics.get("macs", 0.0) for run in tested]
    if not all(costs):
        return []
    (cheaper, low), (costlier, high) = sorted(zip(names, costs, strict=True), key=lambda each: each[1])
    if high == low:
        return [Finding(tuple(names), f"{names[0]} and {names[1]} have the same computing cost")]
    times = Quantity(high / low, "times")
    claim = f"{costlier} needs {words.number(times.value)} times as many multiply-adds per image as {cheaper}"
    return [Finding((costlier, cheaper), claim, times)]
