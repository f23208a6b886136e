"""A connection without a trainer: tasks end when a test says so."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar
from weakref import WeakSet

from cnnlab.trainer.connection import Connection


class StubFuture:
    """What the trainer uses of `distributed.Future`."""

    def __init__(self) -> None:
        self.status = "pending"
        self.cancelled = False
        self.callbacks: list[Callable[[Any], None]] = []
        self.error: Exception | None = None

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        self.callbacks.append(callback)

    def exception(self) -> Exception | None:
        return self.error

    def cancel(self, force: bool = False) -> None:
        self.cancelled = True

    def end(self, status: str, error: Exception | None = None) -> None:
        """Ends the task as Dask would: 'finished', 'error', or 'cancelled' where the scheduler is gone."""
        self.status, self.error = status, error
        for callback in self.callbacks:
            callback(self)


class StubConnection(Connection):
    """Accepts every task."""

    made: ClassVar["WeakSet[StubConnection]"] = WeakSet()
    """All of them, to be closed in the end: a thread looks for workers while trainings wait."""

    def __init__(self) -> None:
        super().__init__()
        self.made.add(self)
        self.futures: list[StubFuture] = []
        self.submitted: list[SimpleNamespace] = []
        self.workers: tuple[str, ...] = ("first", "second")

    def require_ready(self) -> None:
        pass

    def offers(self, resource: str) -> bool:
        return True

    def worker_addresses(self) -> tuple[str, ...]:
        return self.workers

    def task_keys(self) -> dict[str, tuple[str, ...]]:
        return {}

    def submit(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        self.futures.append(StubFuture())
        self.submitted.append(SimpleNamespace(function=function, arguments=arguments, options=options))
        return self.futures[-1]

    def run(self, function: Callable[..., Any], *arguments: Any, workers: Any = None) -> dict[str, Any]:
        return {}
