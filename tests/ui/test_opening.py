"""The opening: a WebSocket waits until pages can be run, nothing else does, and a failure ends the server."""

import asyncio
import logging
import os
import signal
import threading

import pytest

from cnnlab.ui.opening import Opening, WaitForOpening
from tests.loading import loaded_by

HEAVY = {"numpy", "pandas", "distributed", "dask", "sqlalchemy", "mlflow", "scipy", "optuna"}


def passed_on(kind: str, opening: Opening, seconds: float) -> bool:
    """Whether a request is answered within so many seconds."""
    reached = []

    async def app(scope, receive, send) -> None:
        reached.append(scope["type"])

    async def ask() -> None:
        waiting = WaitForOpening(app, opening)({"type": kind}, None, None)  # ty: ignore[invalid-argument-type]
        await asyncio.wait_for(waiting, seconds)

    try:
        asyncio.run(ask())
    except TimeoutError:
        return False
    return reached == [kind]


def test_a_page_waits_for_the_opening_and_a_file_does_not():
    opening, may_finish = Opening(), threading.Event()
    thread = opening.begin(lambda: may_finish.wait(30), ["cnnlab.words"])
    assert passed_on("http", opening, 5)
    assert not passed_on("websocket", opening, 0.1)
    may_finish.set()
    thread.join()
    assert opening.is_done and passed_on("websocket", opening, 5)


def test_where_it_fails_the_log_says_why_and_the_server_ends(monkeypatch, caplog):
    signals = []
    monkeypatch.setattr(os, "kill", lambda process, number: signals.append((process, number)))
    opening = Opening()
    with caplog.at_level(logging.ERROR):
        opening.begin(lambda: None, ["cnnlab.no_such_module"]).join()
    assert signals == [(os.getpid(), signal.SIGINT)] and not opening.is_done
    assert "cannot be opened" in caplog.text and "no_such_module" in caplog.text


@pytest.mark.parametrize("package", sorted(HEAVY))
def test_the_server_answers_before_it_loads_what_takes_long(package, app_loads):
    assert package not in app_loads


@pytest.fixture(scope="module")
def app_loads() -> set[str]:
    return set(loaded_by("import app"))
