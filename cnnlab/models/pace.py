"""How often a training reports, how many steps it takes in one call, and its clock."""

import contextlib
import time
from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np

from cnnlab.models.engines import StepResults

REPORT_SECONDS = 0.25


def next_chunk(steps: int, seconds: float) -> int:
    """Steps for the next call of an engine, after one of `steps` took so many seconds.

    A call is to take about half the interval between two reports, so that orders are obeyed soon; it
    grows at most fourfold, since the first steps are slow.
    """
    wanted = steps * REPORT_SECONDS / 2 / max(seconds, 1e-6)
    return max(1, round(min(wanted, steps * 4)))


class Clock:
    """Seconds of training, pauses left out."""

    def __init__(self, before: float) -> None:
        self._started = time.perf_counter() - before

    def seconds(self) -> float:
        """How long the training has taken so far."""
        return time.perf_counter() - self._started

    @contextlib.contextmanager
    def stopped(self) -> Generator[None]:
        """Does not count the time that the block takes."""
        began = time.perf_counter()
        yield
        self._started += time.perf_counter() - began


@dataclass
class Window:
    """The steps since the last report."""

    started: float = field(default_factory=time.perf_counter)
    losses: list[np.ndarray] = field(default_factory=list)
    correct: int = 0
    images: int = 0

    def add(self, results: StepResults, images: int) -> None:
        """Counts steps that were trained on so many images."""
        self.losses.append(results.losses)
        self.correct += int(results.correct.sum())
        self.images += images

    def due(self) -> bool:
        """Whether it is time for the next report."""
        return time.perf_counter() - self.started >= REPORT_SECONDS

    def metrics(self) -> dict[str, float]:
        """Mean loss and accuracy over the steps, and images per second."""
        return {
            "loss": float(np.concatenate(self.losses).mean()),
            "accuracy": self.correct / self.images,
            "images_per_second": self.images / (time.perf_counter() - self.started),
        }
