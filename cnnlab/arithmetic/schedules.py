"""How the learning rate changes over a training: the rate of each step, from its number alone.

A rate depends on the step's number, on how many steps there are in all and on the settings, never on what was
trained before. So a training that was interrupted goes on with the rates it would have had. One that is
continued for more epochs has the curve of all its epochs, those already trained included.
"""

import numpy as np

from cnnlab.spec import TrainingSpec

WARMUP_START = 25  # the one-cycle schedule begins with the peak divided by this, as in PyTorch and fastai


def learning_rates(
    training: TrainingSpec, steps: np.ndarray, steps_per_epoch: int, peak: float | None = None
) -> np.ndarray:
    """The learning rates of some steps, (steps,) float32.

    Args:
        training: The schedule and its settings; how many epochs there are in all.
        steps: (steps,) int, counted from 0 over the whole training.
        steps_per_epoch: Optimizer steps of an epoch.
        peak: The highest rate, after it was changed by hand; that of the settings if None.
    """
    highest = training.learning_rate if peak is None else peak
    return (share_of_peak(training, steps, steps_per_epoch) * highest).astype("float32")


def share_of_peak(training: TrainingSpec, steps: np.ndarray, steps_per_epoch: int) -> np.ndarray:
    """The rates as shares of the highest one: (steps,) float64 in [0, 1]."""
    total_steps = training.epochs * steps_per_epoch
    if training.schedule == "cosine":
        return cosine_share(steps, total_steps)
    if training.schedule == "one-cycle":
        return one_cycle_share(steps, total_steps, training.warmup_share, WARMUP_START)
    if training.schedule == "step":
        return step_share(steps, training.step_epochs * steps_per_epoch, training.step_factor)
    return np.ones(len(steps))


# The three functions stand in exported scripts, so each has all that it needs.


def cosine_share(steps: np.ndarray, total_steps: int) -> np.ndarray:
    """From 1 along half a cosine to 0 (Loshchilov and Hutter 2017, SGDR, eq. 5 without restarts)."""
    return (1 + np.cos(np.pi * steps / total_steps)) / 2


def one_cycle_share(steps: np.ndarray, total_steps: int, warmup: float, start: float) -> np.ndarray:
    """Up from 1 / start to 1 in a straight line, then along half a cosine to 0.

    After Smith and Topin 2018, Super-convergence. `warmup` is the share of the steps that lead up.
    """
    warmup_steps = min(round(warmup * total_steps), total_steps - 1)
    up = 1 / start + (1 - 1 / start) * steps / max(warmup_steps, 1)
    down = (1 + np.cos(np.pi * (steps - warmup_steps) / (total_steps - warmup_steps))) / 2
    return np.where(steps < warmup_steps, up, down)


def step_share(steps: np.ndarray, every: int, factor: float) -> np.ndarray:
    """From 1, multiplied by the factor after each so many steps."""
    return factor ** np.floor(steps / every)
