"""Where the command line writes: results to stdout, everything else to stderr; either may be closed by then.

A reader such as `head` closes its pipe, a terminal is closed, a disk is full. Messages are then dropped: a
training is worth more than its progress bar. A result that cannot be written is an error.
"""

import os
import sys
from typing import Any, TextIO, cast

import click

FAILED = 1
CLOSED = "it is closed"


def prepare() -> None:
    """Replaces the standard streams by those below, and opens what was closed before the program began.

    The next file that is opened would take the number of a closed stream, and get what is written to that.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
    sys.stdout, sys.stderr = cast(TextIO, Results(sys.stdout)), cast(TextIO, Messages(sys.stderr))


def print_result(text: str) -> None:
    """Writes a result to stdout, all of it, before anything else happens.

    Raises `click.ClickException` if that fails.
    """
    click.echo(text)
    sys.stdout.flush()


class _Stream:
    """A text stream that may not be there any more."""

    def __init__(self, stream: TextIO | None) -> None:
        """`stream`: None if it was closed before the program began."""
        self._stream = stream
        self._reason = CLOSED

    def write(self, text: str) -> int:
        """Writes a text and returns its length."""
        if self._stream is None:
            self.fail(self._reason)
            return len(text)
        try:
            return self._stream.write(text)
        except (OSError, ValueError) as error:  # the latter of a stream that was closed
            self._give_up(error)
            return len(text)

    def flush(self) -> None:
        """Hands what was written to the system."""
        if self._stream is not None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._give_up(error)

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream is not None and self._stream.isatty()

    def __getattr__(self, name: str) -> Any:
        """Whatever else a stream has, such as its encoding."""
        return getattr(self._stream, name)

    def _give_up(self, error: Exception) -> None:
        """Forgets the stream: what it still holds is not to be written again as Python ends."""
        stream, self._stream = cast(TextIO, self._stream), None
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
        self._reason = getattr(error, "strerror", None) or CLOSED
        self.fail(self._reason)

    def fail(self, reason: str) -> None:
        """Called with the reason as often as something cannot be written."""


class Messages(_Stream):
    """A stream for messages; what cannot be written is dropped."""


class Results(_Stream):
    """A stream for results; what cannot be written raises `click.ClickException`."""

    def fail(self, reason: str) -> None:
        """See `_Stream.fail`."""
        raise click.ClickException(f"The result could not be written to stdout: {reason}.")
