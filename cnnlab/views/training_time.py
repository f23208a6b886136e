"""How long a training has trained, and how long it still will, from what it reported.

`frame` is a run's curves without what a continuation has replaced (`curve_lines.current`): the columns
metric, step (optimizer steps), value and milliseconds (since 1970), in the order of the reports. Each report
of 'images_per_second' covers the steps since the one before.
"""

import numpy as np
import pandas as pd

RATE = "images_per_second"
WARM_UP = 1  # reports left out: the first steps compile
FEWEST = 8  # reports after which a rate can be steady; about 2 s
MOST = 40  # reports over which a rate is taken; about 10 s
STEADY = 1.3  # the rates of the two halves of these differ by less than this factor


def seconds_at(frame: pd.DataFrame, steps: np.ndarray, images_per_step: float) -> np.ndarray:
    """Seconds of training up to some steps, (n,) float64.

    Only the time of the steps counts: neither pauses, validation, nor the time between a training's end and
    its continuation. Between two reports it is interpolated. A run without reported rates, such as one whose
    training has just begun, has the wall-clock time since its first report instead.

    Args:
        frame: See above.
        steps: (n,) int, optimizer steps.
        images_per_step: The mean, which an uneven last batch of an epoch makes smaller than the batch size.
    """
    ends, durations = _durations(frame, images_per_step)
    if len(ends) == 0:
        known = frame.drop_duplicates("step").sort_values("step")
        passed = (known["milliseconds"].to_numpy() - frame["milliseconds"].min()) / 1000
        return np.interp(steps, known["step"].to_numpy(), passed) if len(known) else np.zeros(len(steps))
    return np.interp(steps, np.append(0, ends), np.append(0.0, np.cumsum(durations)))


def seconds_left(frame: pd.DataFrame, steps_left: int, images_per_step: float) -> float | None:
    """How long the remaining steps will take; None while the rate is not steady, as at the beginning.

    The rate is that of the last `MOST` reports, about 10 s, without the first report of all; it is steady if
    the rates of their two halves differ by less than the factor `STEADY`.
    """
    ends, durations = _durations(frame, images_per_step)
    starts = np.append(0, ends[:-1])
    taken, steps = durations[WARM_UP:][-MOST:], (ends - starts)[WARM_UP:][-MOST:]
    if len(taken) < FEWEST:
        return None
    half = len(taken) // 2
    first, second = (steps[part].sum() / taken[part].sum() for part in (slice(half), slice(half, None)))
    if max(first, second) >= STEADY * min(first, second):
        return None
    return float(steps_left * taken.sum() / steps.sum())


def _durations(frame: pd.DataFrame, images_per_step: float) -> tuple[np.ndarray, np.ndarray]:
    """The last step of each report of a rate, and the seconds that its steps took."""
    reports = frame[(frame["metric"] == RATE) & (frame["value"] > 0)].drop_duplicates("step", keep="last")
    reports = reports.sort_values("step")
    ends = reports["step"].to_numpy()
    rates = reports["value"].to_numpy(dtype=float)
    return ends, np.diff(ends, prepend=0) * images_per_step / rates
