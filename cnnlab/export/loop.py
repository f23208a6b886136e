"""The training loop of an exported script: one call of `fit` an epoch, with the run's schedule and rules.

The schedule's function is copied from the source of `cnnlab.arithmetic.schedules`; the rules are those of
`cnnlab.models.stopping`, in plain statements.
"""

from collections.abc import Callable
from typing import Any

from cnnlab.arithmetic import schedules
from cnnlab.export.source import definition, definition_in_models
from cnnlab.models.step_results import CROSS_ENTROPY
from cnnlab.spec import Schedule, TrainingSpec

SCHEDULED: dict[Schedule, Callable[..., Any]] = {
    "cosine": schedules.cosine_share,
    "one-cycle": schedules.one_cycle_share,
    "step": schedules.step_share,
}
SCHEDULE_WORDS = "A callback sets the learning rate of each step, which depends on the step's number alone."
STOP_WORDS = "The training ends as soon as a metric reaches STOP_AT after an epoch."
PATIENCE_WORDS = (
    "The training ends when the validation loss has not improved for PATIENCE epochs, and the weights of the "
    "best epoch are put back: Keras's EarlyStopping with restore_best_weights, over several calls of fit."
)
PRECISION_WORDS = (
    "The training steps compute in bfloat16, with weights and optimizer in float32; validation, test and the "
    "stored network are float32. On a device without bfloat16 arithmetic this is slower, not faster."
)
_SETTER = '''\
class ScheduledRate(keras.callbacks.Callback):
    """Sets the learning rate of each step of the whole training."""

    def on_train_batch_begin(self, batch, logs=None):
        step = int(self.model.optimizer.iterations)
        share = {share}
        self.model.optimizer.learning_rate = float({rate!r} * share)'''
_FIT = """\
history = []
for epoch in range(1, EPOCHS + 1):
    order = epoch_order(len(x_train), SEED, epoch)
    fitted = model.fit(
        x_train[order],
        y_train[order],
        batch_size=BATCH_SIZE,
        epochs=epoch,
        initial_epoch=epoch - 1,
        shuffle=False,
        validation_data=(x_validation, y_validation),
    )
    history.append({name: values[-1] for name, values in fitted.history.items()})"""
_IMAGES, _AUGMENTED_IMAGES = "x_train[order]", "augmented_epoch(x_train, order, epoch)"
_LAST_ARGUMENT = "        validation_data=(x_validation, y_validation),\n"
_STOP = """\
    if history[-1]["{metric}"] {reaches} STOP_AT:
        print(f"Stopped at epoch {{epoch}}: {metric} had reached {{STOP_AT}}")
        break"""
_PATIENCE_STATE = "best_loss, best_weights, waited = np.inf, None, 0"
_PATIENCE = """\
    if history[-1]["{metric}"] < best_loss:
        best_loss, best_weights, waited = history[-1]["{metric}"], model.get_weights(), 0
    else:
        waited += 1
    if waited >= PATIENCE:
        print(f"Stopped at epoch {{epoch}}: {metric} had not improved for {{waited}} epochs")
        break"""
_PUT_BACK = "model.set_weights(best_weights)"


def words(training: TrainingSpec) -> list[str]:
    """What there is to know of the loop, a sentence for each part that the settings ask for."""
    parts = {
        SCHEDULE_WORDS: training.schedule != "constant",
        STOP_WORDS: training.stop_when != "never",
        PATIENCE_WORDS: training.patience > 0,
        PRECISION_WORDS: training.precision != "float32",
    }
    return [sentence for sentence, asked in parts.items() if asked]


def training(training: TrainingSpec, augmented: bool) -> str:
    """Statements that train `model` and keep the metrics of each epoch in `history`.

    They use BATCH_SIZE, EPOCHS, SEED, and what `cnnlab.export.source.data` defines.

    `augmented`: whether the images are those of `augmented_epoch`, which `source.augmenting` defines.
    """
    before, after, fit = [], [], _FIT.replace(_IMAGES, _AUGMENTED_IMAGES) if augmented else _FIT
    if training.patience:
        before.append(f"PATIENCE = {training.patience}  # epochs\n{_PATIENCE_STATE}")
        fit += "\n" + _PATIENCE.format(metric=_kerass_name("val_loss", training))
        after.append(_PUT_BACK)
    if training.stop_when != "never":
        before.append(f"STOP_AT = {training.stop_at!r}")
        reaches = ">=" if training.stop_when.endswith("accuracy") else "<="
        fit += "\n" + _STOP.format(metric=_kerass_name(training.stop_when, training), reaches=reaches)
    callbacks = _callbacks(training)
    if callbacks:
        calls = ", ".join(f"{name}()" for name in callbacks)
        fit = fit.replace(_LAST_ARGUMENT, f"{_LAST_ARGUMENT}        callbacks=[{calls}],\n")
    return "\n\n\n".join([*callbacks.values(), "\n".join([*before, fit, *after])])


def _callbacks(training: TrainingSpec) -> dict[str, str]:
    """The callbacks that `fit` needs: their names, and the statements that define them."""
    callbacks = {}
    if training.schedule != "constant":
        callbacks["ScheduledRate"] = _rates(training)
    if training.precision == "mixed_bfloat16":
        names = ("compute_in", "MixedPrecision")
        callbacks["MixedPrecision"] = "\n\n\n".join(
            definition_in_models("precision.py", name) for name in names
        )
    return callbacks


def _kerass_name(metric: str, training: TrainingSpec) -> str:
    """How Keras calls a metric of cnnlab: with a weight decay, its loss contains the penalty as well."""
    return metric.replace("loss", CROSS_ENTROPY) if training.l2 else metric


def _rates(training: TrainingSpec) -> str:
    """The steps of an epoch, the schedule's function, and the callback that calls it."""
    calls = {
        "cosine": "cosine_share(step, EPOCHS * STEPS_PER_EPOCH)",
        "one-cycle": f"one_cycle_share(step, EPOCHS * STEPS_PER_EPOCH, {training.warmup_share!r}, "
        f"{schedules.WARMUP_START})",
        "step": f"step_share(step, {training.step_epochs} * STEPS_PER_EPOCH, {training.step_factor!r})",
    }
    setter = _SETTER.format(share=calls[training.schedule], rate=training.learning_rate)
    steps = "STEPS_PER_EPOCH = -(-len(x_train) // BATCH_SIZE)  # the last batch may be smaller"
    return "\n\n\n".join([steps, definition(SCHEDULED[training.schedule]), setter])
