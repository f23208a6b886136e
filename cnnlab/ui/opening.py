"""The opening of the dashboard: browsers fetch its scripts while the server still loads its own.

What pages run with takes a second to load, and a browser takes as long until it asks for the first page to be
run. So the server answers at once, and only what runs a page waits: the WebSocket.
"""

import asyncio
import importlib
import logging
import os
import signal
import threading
from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

FIRST_PAGE = (  # what the first page waits for, beside what is loaded before
    "cnnlab.ui.components.copy_link",
    "cnnlab.ui.sidebar.devices",
    "cnnlab.ui.sidebar.identity",
    "cnnlab.ui.sidebar.panel",
    "cnnlab.ui.sidebar.presentation",
    "cnnlab.ui.sidebar.steering",
    "cnnlab.ui.sidebar.trainer_status",
    "cnnlab.ui.lab.introduction",
    "cnnlab.ui.lab.layers",
    "cnnlab.ui.lab.rival",
    "cnnlab.ui.lab.under_way",
)

log = logging.getLogger(__name__)


class Opening:
    """Whether pages can be run yet. One for each server."""

    def __init__(self) -> None:
        self._done = threading.Event()

    @property
    def is_done(self) -> bool:
        """Whether they can."""
        return self._done.is_set()

    def begin(self, finish: Callable[[], None], modules: Sequence[str] = FIRST_PAGE) -> threading.Thread:
        """Opens in a thread: calls `finish`, which makes the pages usable, and loads these modules.

        Where that fails, the server ends as it would by Ctrl-C: no page could ever be run.
        """
        thread = threading.Thread(target=self._open, args=[finish, modules], name="opening", daemon=True)
        thread.start()
        return thread

    def _open(self, finish: Callable[[], None], modules: Sequence[str]) -> None:
        try:
            finish()
            for module in modules:
                importlib.import_module(module)
        except Exception:
            log.exception("The dashboard cannot be opened.")
            os.kill(os.getpid(), signal.SIGINT)
        else:
            self._done.set()

    async def wait(self) -> None:
        """Until pages can be run."""
        while not self.is_done:
            await asyncio.sleep(0.01)


class WaitForOpening:
    """ASGI middleware: lets a WebSocket wait until pages can be run; other requests go on at once."""

    def __init__(self, app: ASGIApp, opening: Opening) -> None:
        self._app = app
        self._opening = opening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "websocket":
            await self._opening.wait()
        await self._app(scope, receive, send)
