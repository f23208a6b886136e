"""The connection to the trainer: runs the embedded one, and is the client of its Dask scheduler.

With CNNLAB_SCHEDULER set no trainer is started, and the same tasks go to that Dask cluster; its workers need
cnnlab installed and the same MLFLOW_TRACKING_URI.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from distributed import Client, Future
from distributed.security import Security

from cnnlab.errors import BackendUnavailable, TrainerUnavailable
from cnnlab.trainer.embedded import KeptTrainer, Scheduler, is_external, kept_trainer
from cnnlab.trainer.link import Link
from cnnlab.trainer.status import TrainerStatus, WorkerStatus
from cnnlab.worker import backend, device, state

ANSWER_SECONDS = 5.0
NO_TRAINER = "There is no trainer: start the dashboard by 'streamlit run app.py'."
NO_SCHEDULER = "No Dask scheduler answers at {}."

NO_CERTIFICATES = (
    "CNNLAB_SCHEDULER names {}, and Dask's settings have no certificate and key for it{}: write them into a "
    "file, name it in DASK_CONFIG, and start the dashboard again."
)
BAD_ADDRESS = (
    "The environment variable CNNLAB_SCHEDULER must be the address of a Dask scheduler, such as "
    "tcp://127.0.0.1:8786, not '{}': correct it and start the dashboard again."
)
ENCRYPTED = ("tls://", "wss://")
PROTOCOLS = ("tcp", "tls", "ws", "wss", "ucx", "ucxx")  # that Dask speaks between machines

Result = TypeVar("Result")


def scheduler_address(text: str) -> str:
    """The address, with its protocol. Raises `TrainerUnavailable` for what Dask could not connect to."""
    address = text.strip() if "://" in text else f"tcp://{text.strip()}"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:  # a port that is no number from 0 to 65535, or half an IPv6 address
        raise TrainerUnavailable(BAD_ADDRESS.format(text)) from error
    plain = f"{parts.scheme}://{parts.netloc}" == address and "@" not in address
    blank = any(character.isspace() or not character.isprintable() for character in address)
    if parts.scheme not in PROTOCOLS or not host or not port or not plain or blank:
        raise TrainerUnavailable(BAD_ADDRESS.format(text))
    return address


def require_certificates(address: str) -> None:
    """Raises `TrainerUnavailable` where an address asks for TLS and Dask's settings lack what that needs."""
    if not address.startswith(ENCRYPTED):
        return
    try:
        context = Security().get_connection_args("client").get("ssl_context")
    except (OSError, ValueError) as error:  # a file that is missing, or holds something else
        raise TrainerUnavailable(NO_CERTIFICATES.format(address, f" ({error})")) from error
    if context is None:
        raise TrainerUnavailable(NO_CERTIFICATES.format(address, ""))


class Connection:
    """Dask's client of the trainer, made when it is first needed. Can be used from any thread.

    Whatever needs an answer of the scheduler raises `TrainerUnavailable` where there is none.
    """

    def __init__(self) -> None:
        self._embedded: KeptTrainer | None = None
        self.is_closing = False
        """Whether the dashboard ends, and the embedded trainer with it."""
        self._links: dict[str, Link] = {}  # by the scheduler's address
        self._connecting = threading.Lock()
        # workers' addresses → name of the device and problem with a GPU, for each
        self._devices: dict[tuple[str, ...], tuple[device.Report, ...]] = {}

    @contextlib.contextmanager
    def running(self, embedded: KeptTrainer | None = None) -> Generator[None]:
        """Uses an embedded trainer during the block: this one, or one that is started and stopped with it.

        Starts and uses none where CNNLAB_SCHEDULER is set.
        """
        self.is_closing = False
        with contextlib.nullcontext(embedded) if embedded else kept_trainer() as self._embedded:
            try:
                yield
            finally:
                self.is_closing = True
                if not self.is_external:
                    while self._links:
                        self._links.popitem()[1].close()
        self._embedded = None

    @property
    def is_external(self) -> bool:
        """Whether the scheduler is one that CNNLAB_SCHEDULER names, which outlives this process."""
        return is_external()

    def embedded_process_id(self) -> int | None:
        """The process of the embedded trainer, where it runs."""
        return self._embedded.process_id if self._embedded else None

    def status(self) -> TrainerStatus:
        """How the trainer is now; answers at once."""
        try:
            scheduler = self._scheduler()
            if not scheduler:
                return TrainerStatus("warming up")
            addresses = self.worker_addresses()
        except TrainerUnavailable as error:
            return TrainerStatus("failed", problem=str(error))
        if not addresses:
            return TrainerStatus("warming up")
        try:
            reports = self._devices_of(addresses)
            return TrainerStatus(
                "ready",
                devices=tuple(report.name for report in reports),
                joining=len(addresses) < scheduler.workers,
                gpu_problem=next((report.problem for report in reports if report.problem), ""),
                shared_gpu=any(report.shared for report in reports),
                bfloat16_problem=next(filter(None, (report.bfloat16_problem for report in reports)), ""),
            )
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

    def memory_limit(self) -> int | None:
        """The bytes of memory that the worker with the most may take; None where one has no limit."""
        limits = [worker.get("memory_limit") for worker in self._joined_workers().values()]
        return max(filter(None, limits)) if limits and all(limits) else None

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

    def _devices_of(self, addresses: tuple[str, ...]) -> tuple[device.Report, ...]:
        if addresses not in self._devices:
            answers = self._with_client(lambda client: client.run(device.report, workers=list(addresses)))
            self._devices = {addresses: tuple(answers.values())}
        return self._devices[addresses]

    def _scheduler(self) -> Scheduler | None:
        """The scheduler; None while the embedded trainer starts."""
        if self.is_external:
            return Scheduler(scheduler_address(os.environ["CNNLAB_SCHEDULER"]), workers=1)
        if self._embedded is None:
            raise TrainerUnavailable(NO_TRAINER)
        try:
            backend.require()
        except BackendUnavailable as error:
            raise TrainerUnavailable(str(error)) from error
        return self._embedded.scheduler()

    @property
    def given_up(self) -> bool:
        """Whether there is an embedded trainer that is no longer started again by itself."""
        return bool(self._embedded and self._embedded.given_up)

    def start_again(self) -> None:
        """Starts an embedded trainer that was given up; does nothing otherwise."""
        if self._embedded:
            self._embedded.start_again()

    def _with_client(self, use: Callable[[Client], Result]) -> Result:
        """What `use` returns for Dask's client. Its `OSError`s become `TrainerUnavailable`."""
        scheduler = self._scheduler()
        if not scheduler:
            raise TrainerUnavailable("The trainer is still warming up: try again in a few seconds.")
        lost = TrainerUnavailable(NO_SCHEDULER.format(scheduler.address))
        try:
            client = self._client(scheduler.address)
        except OSError as error:
            raise lost from error
        try:
            return use(client)
        except OSError as error:
            raise lost from error
        except Exception as error:
            if client.status == "running":
                raise
            raise lost from error  # a client without its scheduler raises whatever comes up

    def _client(self, address: str) -> Client:
        """The connected client.

        Raises `OSError` where there is none, at once unless it is the first attempt, and `TrainerUnavailable`
        where there can be none with Dask's settings as they are.

        A client that has lost its scheduler never works again, so another one is connected in its place, in a
        thread: pages do not wait for it.
        """
        with self._connecting:
            link = self._links.get(address)
            if link is None:
                require_certificates(address)
                for former in [name for name in self._links if name != address]:
                    self._links.pop(former).close()
                link = self._links[address] = Link(address)
        return link.client()
