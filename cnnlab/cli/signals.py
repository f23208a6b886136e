"""Ctrl-C, SIGTERM (`kill`, `docker stop`, a shutdown) and SIGHUP (a closed terminal) end a command alike.

Each command says what the first signal does; while it has said nothing, the program ends at once, without a
traceback. The exit status is 128 and the signal's number: 130 after Ctrl-C, 143 after SIGTERM, 129 after
SIGHUP.
"""

import contextlib
import os
import signal
from collections.abc import Callable, Generator
from typing import NoReturn

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # the last is unknown to Windows


class Ended(KeyboardInterrupt):
    """A signal ends the command; raised in the main thread, so that open files and processes are closed."""

    def __init__(self, number: int) -> None:
        super().__init__(f"Ended by {signal.Signals(number).name}")
        self.status = status(number)


def status(number: int) -> int:
    """The exit status after this signal."""
    return 128 + number


def handle(action: Callable[[int], object]) -> None:
    """Calls `action`, in the main thread, with the number of each of the signals from now on.

    A SIGHUP that is ignored, as 'nohup' does it, stays so.
    """
    for number in numbers():
        if number != getattr(signal, "SIGHUP", None) or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda received, _frame: action(received))


@contextlib.contextmanager
def handling(action: Callable[[int], object]) -> Generator[None]:
    """As `handle`, for as long as the block lasts."""
    before = {number: signal.getsignal(number) for number in numbers()}
    handle(action)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def numbers() -> list[int]:
    """Those that this system knows."""
    return [getattr(signal, name) for name in NAMES if hasattr(signal, name)]


def end_at_once(number: int) -> NoReturn:
    """Ends the process while it loads, or because a person insists.

    Raising an exception would not do: in the middle of an import, libraries answer it with messages and
    errors of their own.
    """
    os._exit(status(number))


def end(number: int) -> NoReturn:
    """Raises `Ended`; the next signal ends the process at once."""
    handle(end_at_once)
    raise Ended(number)
