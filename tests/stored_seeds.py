"""Stored runs of several settings and seeds, with curves and answers that are made up, not trained."""

import numpy as np
from mlflow.entities import Metric

from cnnlab import runs
from cnnlab.data.registry import load
from cnnlab.data.split import steps_per_epoch
from cnnlab.runs.metrics import log_metrics
from cnnlab.spec import ComparisonSpec, Role

WRONG = 0.02  # the probability of each class but the answer


def stored_seed(
    spec: ComparisonSpec,
    role: Role,
    seed: int,
    accuracy: float,
    status: runs.Status = "finished",
    **options: str,
) -> str:
    """A run that has ended, right on that share of the test images; one that failed has diverged."""
    own = spec.with_setting("training.seed", seed).runs()[role]
    run_id = runs.create(role, f"seed {seed} of {spec.model_dump_json()}", own, **options)
    runs.start(run_id, "CPU")
    log_metrics(run_id, _curves(own, accuracy))
    if status == "failed":
        log_metrics(run_id, [Metric("loss", float("nan"), 10_000, 10_000)])
    else:
        log_metrics(run_id, _results(accuracy, 10_000))
        runs.save_npz(run_id, "test_predictions.npz", _answers(own, seed, accuracy))
    runs.end(run_id, status)
    return run_id


def _curves(spec, accuracy: float) -> list[Metric]:
    steps, metrics = steps_per_epoch(spec), []
    for epoch in range(spec.training.epochs + 1):
        reached = accuracy - 0.3 / (1 + 2 * epoch)
        values = {"val_loss": 1.6 * (1 - reached), "val_accuracy": reached, "loss": 1.5 * (1 - reached)}
        values |= {"accuracy": reached + 0.01}
        metrics += [Metric(name, value, 1 + epoch, epoch * steps) for name, value in values.items()]
    return metrics


def _results(accuracy: float, at: int) -> list[Metric]:
    values = {
        "test_accuracy": accuracy,
        "test_loss": 1.5 * (1 - accuracy),
        "best_val_accuracy": accuracy + 0.01,
    }
    values |= {"best_epoch": 1.0, "seconds": 2.0, "params": 1000.0, "macs": 2000.0, "learning_rate": 0.001}
    return [Metric(name, value, at, at) for name, value in values.items()]


def _answers(spec, seed: int, accuracy: float) -> dict[str, np.ndarray]:
    images = load(spec.data.dataset, spec.data.source)
    labels, classes = images.y_test, int(images.y_test.max()) + 1
    wrong = np.random.default_rng(seed).permutation(len(labels)) >= round(accuracy * len(labels))
    answers = np.where(wrong, (labels + 1) % classes, labels)
    probabilities = np.full((len(labels), classes), WRONG, np.float32)
    probabilities[np.arange(len(labels)), answers] = 1 - WRONG * (classes - 1)
    return {"probabilities": probabilities, "labels": labels}
