"""A trainer that trains nothing: it writes into a run, at once, what a function makes of its settings."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

from cnnlab import runs
from cnnlab.data.split import steps_per_epoch
from cnnlab.errors import TrainerUnavailable
from cnnlab.runs import Run
from cnnlab.runs.metrics import log_metrics
from cnnlab.trainer.limits import NO_LIMITS
from cnnlab.trainer.status import TrainerStatus
from cnnlab.trainer.tasks import Ending
from cnnlab.trainer.trainer import Trainer

Accuracies = Callable[[Run], list[float]]  # validation accuracy after each epoch


class PretendedTrainer:
    """Has as much of a `Trainer` as sweeps need."""

    def __init__(self, accuracies: Accuracies, workers: int = 2) -> None:
        """`accuracies` may raise `RuntimeError`: the training then fails with its message."""
        self.accuracies = accuracies
        self.problem = ""
        """Why no training can start; empty where it can."""
        self.began: list[str] = []
        """The arms of the runs, in the order in which they were submitted."""
        self.trained: list[str] = []
        """The arms of the runs whose training was not ended from outside."""
        self.gate = threading.Event()
        """Trainings wait for it."""
        self.gate.set()
        self._stopped: set[str] = set()
        self._pool = ThreadPoolExecutor(workers)
        self._workers = workers
        self.connection = SimpleNamespace(
            is_closing=False,
            worker_addresses=lambda: tuple(map(str, range(workers))),
            require_ready=self._ready,
        )
        self.trainings = SimpleNamespace(
            submit_run=self._submit,
            order=self._order,
            limits=NO_LIMITS,
            require_allowed=lambda specs, visitor="": None,
        )

    def status(self) -> TrainerStatus:
        if self.problem:
            return TrainerStatus("failed", problem=self.problem)
        return TrainerStatus("ready", devices=("CPU",) * self._workers)

    def as_trainer(self) -> Trainer:
        return cast(Trainer, self)

    def close(self) -> None:
        self.connection.is_closing = True
        self.gate.set()
        self._pool.shutdown()

    def _ready(self) -> None:
        if self.problem:
            raise TrainerUnavailable(self.problem)

    def _submit(self, run_id: str, role: str, *, on_end: Any, **options: Any) -> None:
        self.began.append(runs.get(run_id).arm)
        self._pool.submit(self._train, run_id, on_end)

    def _order(self, run_ids: list[str], **orders: Any) -> None:
        self._stopped |= set(run_ids)

    def _train(self, run_id: str, on_end: Callable[[Ending], None]) -> None:
        from mlflow.entities import Metric

        self.gate.wait(30)
        if self.connection.is_closing:
            return
        run = runs.get(run_id)
        runs.start(run_id, "CPU")
        try:
            accuracies = self.accuracies(run)
        except RuntimeError as error:
            runs.end(run_id, "failed", str(error))
            on_end(Ending("raised", str(error)))
            return
        a_epoch = steps_per_epoch(run.spec)
        metrics = [
            Metric("val_accuracy", value, 1_000 + epoch, epoch * a_epoch)
            for epoch, value in enumerate(accuracies, start=1)
        ]
        final = {
            "best_val_accuracy": max(accuracies),
            "test_accuracy": max(accuracies) - 0.01,
            "params": float(run.spec.model.dense_units if run.role == "model" else 1),
            "macs": 2.0,
            "seconds": 1.0,
        }
        log_metrics(run_id, [*metrics, *(Metric(name, value, 2_000, 0) for name, value in final.items())])
        stopped = run_id in self._stopped
        runs.end(run_id, "stopped" if stopped else "finished")
        if not stopped:
            self.trained.append(run.arm)
        on_end(Ending("returned"))
