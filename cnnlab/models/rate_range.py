"""The learning-rate range test on a new network: some steps at rates that grow from step to step."""

import numpy as np

from cnnlab.data.sampling import epoch_order
from cnnlab.data.split import Split
from cnnlab.evidence.rate_range import RateRange, exploded, rates
from cnnlab.models.engines import engine_for
from cnnlab.models.training import untrained
from cnnlab.spec import RunSpec

CALL_STEPS = 10  # after so many, whether the loss has exploded is asked


def rate_range(spec: RunSpec, data: Split) -> RateRange:
    """The losses of a network that begins as its training would, on the images in the training's order.

    The network is thrown away. Its learning rate and schedule in `spec` have no effect.
    """
    model = untrained(spec, data)
    batch, seed = spec.training.batch_size, spec.training.seed
    engine = engine_for(
        model, data.x_train, data.y_train, batch, values=data.values, precision=spec.training.precision
    )
    tried, losses = rates(), np.zeros(0)
    order = _order(len(data.y_train), batch, seed, len(tried))
    while len(losses) < len(tried) and not (len(losses) and exploded(losses)):
        steps = slice(len(losses), len(losses) + CALL_STEPS)
        images = order[steps.start * batch : steps.stop * batch]
        results = engine.train(images, tried[steps].astype("float32"))
        losses = np.append(losses, results.losses.astype(float))
    end = next((step for step in range(1, len(losses)) if exploded(losses[:step])), len(losses))
    return RateRange(tried[:end], losses[:end])


def _order(images: int, batch: int, seed: int, steps: int) -> np.ndarray:
    """The images of so many full batches, epoch after epoch: (steps * batch,) int32."""
    epochs = -(-steps * batch // images)
    return np.concatenate([epoch_order(images, seed, epoch) for epoch in range(1, epochs + 1)])[
        : steps * batch
    ]
