"""The connection to the trainer: runs the embedded one, and is the client of its Dask scheduler.

With CNNLAB_SCHEDULER set no trainer is started, and the same tasks go to that Dask cluster; its workers need
cnnlab installed and the same MLFLOW_TRACKING_URI.
"""

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from distributed import Client, Future

from cnnlab.errors import TrainerUnavailable
from cnnlab.trainer.embedded import EmbeddedTrainer, Scheduler
from cnnlab.trainer.status import TrainerStatus, WorkerStatus
from cnnlab.worker import device, state

RETRY_SECONDS = 15.0
ANSWER_SECONDS = 5.0
NO_TRAINER = "There is no trainer: start the dashboard by 'streamlit run app.py'."
NO_SCHEDULER = "No Dask scheduler answers at {}."

Result = TypeVar("Result")


class Connection:
    """Dask's client of the trainer, made when it is first needed. Can be used from any thread.

    Whatever needs an answer of the scheduler raises `TrainerUnavailable` where there is none.
    """

    def __init__(self) -> None:
        self._embedded: EmbeddedTrainer | None = None
        self._clients: dict[str, Client] = {}  # by the scheduler's address
        self._failed_at: dict[str, float] = {}  # scheduler's address → time.monotonic() of the last attempt
        self._connecting = threading.Lock()
        self._devices: dict[tuple[str, ...], tuple[str, ...]] = {}  # workers' addresses → their devices

    @contextlib.contextmanager
    def running(self) -> Generator[None]:
        """Runs the embedded trainer during the block; starts nothing where CNNLAB_SCHEDULER is set."""
        if os.environ.get("CNNLAB_SCHEDULER"):
            yield
            return
        with tempfile.TemporaryDirectory(prefix="cnnlab-") as folder:
            self._embedded = EmbeddedTrainer(Path(folder))
            try:
                yield
            finally:
                while self._clients:
                    self._clients.popitem()[1].close(timeout=2)
                self._embedded.stop()
                self._embedded = None

    def embedded_process_id(self) -> int | None:
        """The process of the embedded trainer, where it runs."""
        return self._embedded.process.pid if self._embedded else None

    def status(self) -> TrainerStatus:
        """How the trainer is now; answers at once."""
        try:
            scheduler = self._scheduler()
            if not scheduler:
                return TrainerStatus("warming up")
            addresses = self.worker_addresses()
        except TrainerUnavailable as error:
            return TrainerStatus("failed", problem=str(error))
        if len(addresses) < scheduler.workers:
            return TrainerStatus("warming up")
        try:
            return TrainerStatus("ready", devices=self._device_names(addresses))
        except TrainerUnavailable:  # a worker died since it was listed
            return TrainerStatus("warming up")

    def require_ready(self) -> None:
        """Raises `TrainerUnavailable` where no training could start."""
        status = self.status()
        if status.state != "ready":
            raise TrainerUnavailable(f"{str(status).rstrip('.')}.")

    def workers(self) -> list[WorkerStatus]:
        """The workers by name; none where the trainer cannot be reached."""
        if self.status().state != "ready":
            return []
        try:
            joined, described = self._joined_workers(), self.run(state.describe)
        except TrainerUnavailable:
            return []
        workers = [
            WorkerStatus(address, str(joined[address]["name"]), *described[address])
            for address in described
            if address in joined
        ]
        return sorted(workers, key=lambda worker: worker.name)

    def worker_addresses(self) -> tuple[str, ...]:
        """The addresses of the workers that have joined the scheduler."""
        return tuple(sorted(self._joined_workers()))

    def offers(self, resource: str) -> bool:
        """Whether any worker takes tasks that need this resource, such as 'measuring'."""
        return any(worker["resources"].get(resource) for worker in self._joined_workers().values())

    def submit(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Future:
        """See `distributed.Client.submit`."""
        return self._with_client(lambda client: client.submit(function, *arguments, **options))

    def run(
        self, function: Callable[..., Result], *arguments: Any, workers: list[str] | None = None
    ) -> dict[str, Result]:
        """Calls a function in all workers, or in some, beside their tasks; returns its results by worker.

        A worker in which it raises, or that cannot be reached, has no result.
        """
        return self._with_client(
            lambda client: client.run(function, *arguments, workers=workers, on_error="ignore")
        )

    def task_keys(self) -> Mapping[str, tuple[str, ...]]:
        """The keys of the tasks that each worker computes or has been assigned, by its address."""
        return self._with_client(lambda client: client.processing())

    def _joined_workers(self) -> dict[str, dict[str, Any]]:
        """The scheduler's description of each worker, by its address.

        `Client.scheduler_info` gives the same, but sometimes no workers: the client's own periodic request
        for totals overwrites the answer (distributed 2026.8).
        """

        def identity(client: Client) -> dict[str, Any]:
            if client.scheduler is None:
                raise OSError("The client was closed.")
            return client.sync(client.scheduler.identity, n_workers=-1, callback_timeout=ANSWER_SECONDS)

        return self._with_client(identity)["workers"]

    def _device_names(self, addresses: tuple[str, ...]) -> tuple[str, ...]:
        if addresses not in self._devices:
            names = self._with_client(lambda client: client.run(device.name, workers=list(addresses)))
            self._devices = {addresses: tuple(names.values())}
        return self._devices[addresses]

    def _scheduler(self) -> Scheduler | None:
        """The scheduler; None while the embedded trainer starts."""
        external = os.environ.get("CNNLAB_SCHEDULER")
        if external:
            return Scheduler(external, workers=1)
        if self._embedded is None:
            raise TrainerUnavailable(NO_TRAINER)
        if self._embedded.has_ended():
            last = self._embedded.last_log_line()
            raise TrainerUnavailable(f"The trainer has ended; restart the dashboard. {last}")
        return self._embedded.scheduler()

    def _with_client(self, use: Callable[[Client], Result]) -> Result:
        """What `use` returns for Dask's client. Its `OSError`s become `TrainerUnavailable`."""
        scheduler = self._scheduler()
        if not scheduler:
            raise TrainerUnavailable("The trainer is still warming up: try again in a few seconds.")
        try:
            return use(self._client(scheduler.address))
        except OSError as error:
            raise TrainerUnavailable(NO_SCHEDULER.format(scheduler.address)) from error

    def _client(self, address: str) -> Client:
        """Raises `OSError` where no scheduler answers.

        Failures are remembered for `RETRY_SECONDS`, so that pages do not block.
        """
        with self._connecting:
            if address not in self._clients:
                if time.monotonic() - self._failed_at.get(address, -RETRY_SECONDS) < RETRY_SECONDS:
                    raise OSError(f"No scheduler answered at {address} a moment ago.")
                self._clients[address] = self._connect(address)
            return self._clients[address]

    def _connect(self, address: str) -> Client:
        try:
            return Client(address, timeout=ANSWER_SECONDS, set_as_default=False, name="cnnlab-dashboard")
        except OSError:
            self._failed_at[address] = time.monotonic()
            raise
