"""The challenge: nearly all handwriting right with one convolution, few epochs, and the fewest parameters.

A network is chosen by its validation images. Its test accuracy is told beside, and counts for nothing: who
chooses by the test images has no honest number left.
"""

from collections.abc import Iterable
from typing import NamedTuple

from cnnlab import words
from cnnlab.data.registry import DATASETS
from cnnlab.runs import Run
from cnnlab.spec import ComparisonSpec, ConvNetSpec, network_title

DATASET = "mnist"
GOAL = 0.995  # of the validation images, after the last epoch
BLOCKS = 1
MOST_EPOCHS = 9


class Entry(NamedTuple):
    """One network that was tried."""

    run: Run
    params: int
    validation_accuracy: float
    """After its last epoch, from 0 to 1."""
    test_accuracy: float
    refusal: str
    """Why it does not count, in a sentence; empty where it counts."""


def start() -> ComparisonSpec:
    """Settings to begin with, which are within the rules: the lab's, with one block, on handwriting."""
    return (
        ComparisonSpec()
        .with_setting("data.dataset", DATASET)
        .with_setting("data.images", DATASETS[DATASET].train_images["sample"])
        .with_setting("model.blocks", [{}])
        .with_setting("training.epochs", MOST_EPOCHS)
    )


def rules() -> str:
    """What counts, in sentences."""
    return (
        f"Reach {words.percent(GOAL)} of the validation images of handwriting, with one convolution and in "
        f"at most {MOST_EPOCHS} epochs. Of the networks that do, the one with the fewest parameters wins."
    )


def entries(runs: Iterable[Run]) -> list[Entry]:
    """The tested CNNs for handwriting among some runs: those that count first, by their parameters."""
    tried = [
        Entry(
            run,
            int(run.metrics["params"]),
            run.metrics["val_accuracy"],
            run.metrics["test_accuracy"],
            _refusal(run),
        )
        for run in runs
        if run.spec.data.dataset == DATASET
        and isinstance(run.spec.model, ConvNetSpec)
        and run.metrics.keys() >= {"params", "val_accuracy", "test_accuracy"}
        and not run.active
    ]
    return sorted(tried, key=lambda entry: (bool(entry.refusal), entry.params, -entry.validation_accuracy))


def _refusal(run: Run) -> str:
    epochs, blocks = run.spec.training.epochs, len(run.spec.cnn.blocks)
    if blocks > BLOCKS:
        return f"It has {words.count(blocks, 'convolution')}."
    if run.spec.data.shuffled_pixels:
        return "Its pixels were shuffled."
    if epochs > MOST_EPOCHS:
        return f"It was trained for {words.count(epochs, 'epoch')}."
    if run.continued:
        return "It was continued after its test: the test images had a say in how long it was trained."
    if run.metrics["val_accuracy"] < GOAL:
        return f"It reached {words.percent(run.metrics['val_accuracy'])}."
    return ""


def sentence(tried: list[Entry]) -> str:
    """Who is ahead; `tried` is in the order of `entries`."""
    if not tried:
        return "No network was tried yet."
    best = tried[0]
    if best.refusal:
        closest = max(tried, key=lambda entry: entry.validation_accuracy)
        return (
            f"None of {words.count(len(tried), 'network')} counts yet. The closest one reached "
            f"{words.percent(closest.validation_accuracy)} of its validation images."
        )
    epochs = words.count(best.run.spec.training.epochs, "epoch")
    return (
        f"{network_title(best.run.spec.model)} leads with {best.params:,} parameters: "
        f"{words.percent(best.validation_accuracy)} of its validation images after {epochs}, and "
        f"{words.percent(best.test_accuracy)} of the test images, which had no say."
    )
