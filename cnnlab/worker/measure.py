"""How many test images a trained network still gets right when they are disturbed; kept with the run.

`measure` is what a worker executes beside a training; `stored` tells the dashboard what is known. The same is
never computed twice, unless the run was trained on meanwhile. Keras is loaded inside the functions.
"""

from collections.abc import Callable

import numpy as np

from cnnlab import runs
from cnnlab.data.pixels import permuted, scaled
from cnnlab.data.registry import load
from cnnlab.errors import RunNotReady
from cnnlab.robustness.experiments import EXPERIMENTS
from cnnlab.robustness.results import MOST, Measurement, artifact_name, stored, training_seconds
from cnnlab.runs import Run

Tell = Callable[[int, int], None]


def measure(
    run_id: str,
    experiment: str,
    tell: Tell = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Measurement | None:
    """Measures the network of an ended run and stores the result, unless it is stored already.

    Args:
        run_id: The run; its last weights count, and the first `MOST` test images.
        experiment: A key of `robustness.EXPERIMENTS`.
        tell: Called with the levels that are done and all of them, before each.
        cancelled: Asked before each level; once true, nothing is stored and the answer is None.

    Raises `RunNotFound` where the run or its weights are not stored, `RunNotReady` where it still trains,
    and `DatasetUnavailable` where its test images are not at hand.
    """
    run = runs.get(run_id)
    if run.active:
        raise RunNotReady(f"{run.name} can be measured once its training has ended.")
    known = stored(run, experiment)
    if known:
        return known
    epoch = runs.last_weights_epoch(run_id)
    right = _right(run, epoch, experiment, tell, cancelled)
    if right is None:
        return None
    levels = EXPERIMENTS[experiment].levels
    arrays = {
        "levels": np.array(levels, float),
        "right": right.sum(axis=1),
        "bits": np.packbits(right, axis=1),
        "images": np.array(right.shape[1]),
        "epoch": np.array(epoch),
        "seconds": np.array(training_seconds(run)),
    }
    runs.save_npz(run_id, artifact_name(experiment), arrays)
    return Measurement(experiment, epoch, right)


def _right(
    run: Run, epoch: int, experiment: str, tell: Tell, cancelled: Callable[[], bool]
) -> np.ndarray | None:
    """(levels, N) bool, or None where it was cancelled."""
    from cnnlab.models import inspection
    from cnnlab.worker import answers

    network = answers.network(run.run_id, epoch)
    data = load(run.spec.data.dataset, run.spec.data.source)
    images, labels = scaled(data.x_test[:MOST]), data.y_test[:MOST]
    levels, disturb = EXPERIMENTS[experiment].levels, EXPERIMENTS[experiment].disturb
    right = np.empty((len(levels), len(images)), bool)
    for number, level in enumerate(levels):
        if cancelled():
            return None
        tell(number, len(levels))
        # The picture is disturbed, and only then are its pixels shuffled, where they are.
        given = permuted(disturb(images, level), run.spec.data)
        right[number] = inspection.predict(network, given).argmax(axis=1) == labels
    return None if cancelled() else right
