"""When a waiting training begins, from how long the trainings before it take."""

import heapq
from collections.abc import Sequence


def seconds_until_begun(
    under_way: Sequence[float | None], ahead: Sequence[float | None], workers: int
) -> float | None:
    """In how many seconds a worker is free for the training behind these; None where one is unknown.

    Args:
        under_way: Seconds that each training under way still takes.
        ahead: Seconds that each waiting training takes, in the order in which they begin.
        workers: How many trainings can be under way at once.
    """
    if None in under_way or None in ahead or workers < 1:
        return None
    idle = [0.0] * max(0, workers - len(under_way))
    free_at = [*idle, *(seconds for seconds in under_way if seconds is not None)]
    heapq.heapify(free_at)
    for seconds in ahead:
        heapq.heapreplace(free_at, free_at[0] + (seconds or 0.0))
    return free_at[0]
