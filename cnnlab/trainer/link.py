"""A client of one Dask scheduler that is connected again, in the background, whenever it is lost."""

import contextlib
import logging
import threading
import time

from distributed import Client

CONNECT_SECONDS = 5.0
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # seconds after a failed attempt; the last one repeats

log = logging.getLogger(__name__)


class Link:
    """Can be used from any thread."""

    def __init__(self, address: str) -> None:
        """Connects when the client is first asked for."""
        self._address = address
        self._client: Client | None = None
        self._failures = 0
        self._failed_at = 0.0  # time.monotonic() of the last failure
        self._first_attempt = threading.Event()
        self._attempt: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closed = False

    def client(self) -> Client:
        """The connected client.

        Raises `OSError` where there is none. Only the first attempt is waited for; later ones are made in the
        background, each after a longer pause.
        """
        with self._lock:
            if self._client and self._client.status != "running":
                log.warning("The scheduler at %s was lost; it is tried again and again.", self._address)
                self._drop()
            if self._client:
                return self._client
            if not self._closed and not self._attempt and self._due():
                self._attempt = threading.Thread(target=self._connect, name="connect-scheduler", daemon=True)
                self._attempt.start()
        self._first_attempt.wait(CONNECT_SECONDS + 1)
        with self._lock:
            if self._client and self._client.status == "running":
                return self._client
        raise OSError(f"No scheduler answers at {self._address}.")

    def close(self) -> None:
        """Closes the client; nothing is connected again."""
        with self._lock:
            self._closed = True
            client, self._client = self._client, None
        if client:
            _close(client)

    def _due(self) -> bool:
        pause = PAUSES[min(self._failures, len(PAUSES)) - 1] if self._failures else 0.0
        return time.monotonic() - self._failed_at >= pause

    def _connect(self) -> None:
        # Dask reports a lost scheduler as tracebacks of its own; `Connection` says it in a sentence.
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
        client = None
        try:
            client = Client(
                self._address, timeout=CONNECT_SECONDS, set_as_default=False, name="cnnlab-dashboard"
            )
        except OSError as error:
            log.info("No scheduler answers at %s: %s", self._address, error)
        with self._lock:
            self._attempt = None
            self._client = client
            self._failures = 0 if client else self._failures + 1
            self._failed_at = time.monotonic()
            if client and self._closed:
                self._drop()
        self._first_attempt.set()

    def _drop(self) -> None:
        """Closes the client in a thread, since that can wait for a scheduler that is gone."""
        client, self._client = self._client, None
        if client:
            threading.Thread(target=_close, args=(client,), name="close-client", daemon=True).start()


def _close(client: Client) -> None:
    with contextlib.suppress(OSError, RuntimeError):  # it has nobody to say goodbye to
        client.close(timeout=2)
