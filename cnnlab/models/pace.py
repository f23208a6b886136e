"""How often a training reports, how many steps one call makes, and how long the training has taken."""

import contextlib
import time
from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np

from cnnlab.models.step_results import StepResults

REPORT_SECONDS = 0.25


def next_chunk(steps: int, seconds: float) -> int:
    """How many steps the next call of an engine makes, after a call of `steps` steps took `seconds`.

    A call should take about half the interval between two reports, so that orders are obeyed soon. The number
    grows at most fourfold from call to call, because the first steps are slow.
    """
    wanted = steps * REPORT_SECONDS / 2 / max(seconds, 1e-6)
    return max(1, round(min(wanted, steps * 4)))


def batch_sizes(images: int, size: int) -> np.ndarray:
    """How many images each batch has, (batches,) int: `size`, the last one fewer if they do not divide."""
    starts = np.arange(0, images, size)
    return np.minimum(size, images - starts)


class Clock:
    """Seconds of training, pauses left out."""

    def __init__(self, before: float) -> None:
        """`before`: the seconds that a continued training has already taken."""
        self._started = time.perf_counter() - before

    def seconds(self) -> float:
        """How long the training has taken so far, earlier parts of a continued one included."""
        return time.perf_counter() - self._started

    @contextlib.contextmanager
    def stopped(self) -> Generator[None]:
        """Leaves the time that the block takes out."""
        began = time.perf_counter()
        yield
        self._started += time.perf_counter() - began


@dataclass
class Window:
    """The steps since the last report."""

    started: float = field(default_factory=time.perf_counter)
    summed_loss: float = 0.0
    """Of all images; the loss of a step counts once for each image of its batch."""
    correct: int = 0
    images: int = 0

    def add(self, results: StepResults, sizes: np.ndarray) -> None:
        """Adds the results of some steps; `sizes`, (steps,) int, has the number of images of each batch."""
        self.summed_loss += float(results.losses.astype(np.float64) @ sizes)
        self.correct += int(results.correct[np.isfinite(results.losses)].sum())
        self.images += int(sizes.sum())

    def due(self) -> bool:
        """Whether it is time for the next report."""
        return time.perf_counter() - self.started >= REPORT_SECONDS

    def loss(self) -> float:
        """Mean over the images, as Keras's `fit` reports it."""
        return self.summed_loss / self.images

    def accuracy(self) -> float:
        """Share of the images that were predicted correctly, each before its step's update."""
        return self.correct / self.images

    def images_per_second(self) -> float:
        """Over the time since the window began."""
        return self.images / (time.perf_counter() - self.started)
