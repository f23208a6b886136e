"""What the curves of runs say, in findings; the rules are in `cnnlab.evidence.learning_curves`."""

import pandas as pd

from cnnlab.data.registry import DATASETS
from cnnlab.data.split import images_to_learn_from, steps_per_epoch, validation_images
from cnnlab.evidence.learning_curves import Epochs, Reading, by_epoch, readings
from cnnlab.runs import Run
from cnnlab.spec import ConvNetSpec
from cnnlab.views.figures.curve_lines import current


def read_curves(run: Run, name: str, curves: pd.DataFrame) -> list[Reading]:
    """What the curves of a run that has ended show, which goes by this name; empty where nothing is sure.

    `curves` has the columns of `runs.curves`, and may have the values that a resumed training has replaced.
    """
    if run.active or run.spec.data.dataset not in DATASETS:
        return []
    epochs = Epochs(
        **by_epoch(current(curves), steps_per_epoch(run.spec)),
        training_images=images_to_learn_from(run.spec),
        validation_images=validation_images(run.spec.data),
        classes=len(DATASETS[run.spec.data.dataset].classes),
    )
    model = run.spec.model
    return readings(name, epochs, isinstance(model, ConvNetSpec) and model.dropout > 0)
