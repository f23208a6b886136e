"""The written loop, executed: it trains as cnnlab does, and ends where cnnlab ends."""

import keras
import numpy as np
import pytest

from cnnlab.data.sampling import ORDER_STREAM, epoch_order
from cnnlab.export import loop
from cnnlab.models import training
from cnnlab.models.build import build
from cnnlab.models.events import EpochEnd
from cnnlab.spec import RunSpec
from tests.small_trainings import DENSE, images_of, of_type, spec_of

CASES = {
    "constant": {"epochs": 2},
    "cosine": {"epochs": 3, "learning_rate": 0.01, "schedule": "cosine"},
    "one-cycle": {"epochs": 3, "learning_rate": 0.01, "schedule": "one-cycle", "warmup_share": 0.4},
    "step": {"epochs": 3, "learning_rate": 0.01, "schedule": "step", "step_epochs": 1, "step_factor": 0.3},
    "stop rule": {"epochs": 9, "learning_rate": 0.003, "stop_when": "accuracy", "stop_at": 0.3},
    "patience": {"epochs": 9, "optimizer": "sgd", "learning_rate": 0.5, "patience": 1},
    "precision": {"epochs": 2, "precision": "mixed_bfloat16"},
    "all": {
        "epochs": 9,
        "precision": "mixed_bfloat16",
        "learning_rate": 0.01,
        "schedule": "cosine",
        "stop_when": "loss",
        "stop_at": 1.7,
        "patience": 3,
    },
}


def executed(spec: RunSpec) -> dict:
    data = images_of(spec)
    model = training.compile_model(build(spec.model, (28, 28, 1), 10, spec.training.seed), spec.training)
    names = vars(data) | {
        "keras": keras,
        "np": np,
        "model": model,
        "epoch_order": epoch_order,
        "ORDER_STREAM": ORDER_STREAM,
        "BATCH_SIZE": spec.training.batch_size,
        "EPOCHS": spec.training.epochs,
        "SEED": spec.training.seed,
    }
    exec(compile(loop.training(spec.training, augmented=False), "<loop>", "exec"), names)
    return names


@pytest.mark.parametrize("case", CASES)
def test_the_loop_trains_as_cnnlab_does_and_ends_where_it_ends(case, capsys):
    spec, events = spec_of(DENSE, **CASES[case]), []
    outcome = training.fit(spec, images_of(spec), events.append)
    found = executed(spec)
    ends = of_type(EpochEnd, events)[1:]
    assert len(found["history"]) == len(ends)
    losses = [epoch["val_loss"] for epoch in found["history"]]
    np.testing.assert_allclose(losses, [end.val_loss for end in ends], rtol=1e-3)
    for ours, theirs in zip(outcome.model.get_weights(), found["model"].get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-2, atol=1e-4)
    early = outcome.reason.startswith("Stopped")
    assert (
        early == ("Stopped at epoch" in capsys.readouterr().out) == (case in ("stop rule", "patience", "all"))
    )


def test_a_training_without_rules_is_written_as_it_always_was():
    plain = loop.training(spec_of(DENSE).training, augmented=False)
    assert plain.startswith("history = []\nfor epoch in") and plain.endswith("fitted.history.items()})")
    assert "callbacks" not in plain and not loop.words(spec_of(DENSE).training)


def test_augmented_images_are_those_of_each_epoch():
    plain, augmented = (loop.training(spec_of(DENSE).training, of) for of in (False, True))
    assert augmented == plain.replace("x_train[order]", "augmented_epoch(x_train, order, epoch)") != plain


def test_with_a_weight_decay_the_rules_look_at_the_cross_entropy_without_the_penalty():
    spec = spec_of(DENSE, l2=0.01, patience=2, stop_when="loss", stop_at=0.1)
    source = loop.training(spec.training, augmented=False)
    assert 'history[-1]["val_sparse_categorical_crossentropy"] < best_loss' in source
    assert 'history[-1]["sparse_categorical_crossentropy"] <= STOP_AT' in source
