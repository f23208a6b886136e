"""The end of a comparison: a table of results, and the difference in plain words."""

import pandas as pd

from cnnlab.runs import Run
from cnnlab.spec import network_title

NEEDED = {"test_accuracy", "test_loss", "best_val_accuracy", "best_epoch", "seconds", "params", "macs"}
"""The metrics of a run that was tested; one that another tool has touched may lack some."""


def result_table(runs: list[Run]) -> pd.DataFrame:
    """One row for each run that was tested, in words and figures ready to be read.

    Columns: Network, Test accuracy, Test loss, Best validation accuracy (with its epoch), Seconds,
    Parameters, Multiply-adds (for one image).
    """
    return pd.DataFrame([_row(run) for run in runs])


def _row(run: Run) -> dict[str, str]:
    metrics = run.metrics
    return {
        "Network": network_title(run.spec.model),
        "Test accuracy": f"{metrics['test_accuracy']:.1%}",
        "Test loss": f"{metrics['test_loss']:.3f}",
        "Best validation accuracy": (
            f"{metrics['best_val_accuracy']:.1%} in epoch {metrics['best_epoch']:.0f}"
        ),
        "Seconds": f"{metrics['seconds']:.1f}",
        "Parameters": f"{metrics['params']:,.0f}",
        "Multiply-adds": f"{metrics['macs']:,.0f}",
    }


def difference(runs: list[Run], test_images: int) -> str:
    """What the test says, in a sentence or two.

    Args:
        runs: The model and, where there is one, its baseline, both tested.
        test_images: How many images they were tested on.
    """
    first = runs[0]
    name, accuracy = network_title(first.spec.model), first.metrics["test_accuracy"]
    if len(runs) == 1:
        return f"{name} is right on {accuracy:.1%} of the {test_images:,} test images."
    other = runs[1]
    other_name = network_title(other.spec.model)
    images = round((accuracy - other.metrics["test_accuracy"]) * test_images)
    cost = first.metrics["macs"] / other.metrics["macs"]
    price = f"An image costs {name} {cost:,.1f} times the multiply-adds of {other_name}."
    if images == 0:
        return (
            f"{name} and {other_name} are right on equally many of the {test_images:,} test images. {price}"
        )
    better, worse = (name, other_name) if images > 0 else (other_name, name)
    points = abs(accuracy - other.metrics["test_accuracy"]) * 100
    return (
        f"**{better} is better than {worse} by {points:.1f} points**: it is right on {abs(images):,} more of "
        f"the {test_images:,} test images. {price} "
        "One seed alone does not tell how much of the gap is chance."
    )
