"""`python -m cnnlab cluster`: trainers that outlive the dashboard."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Coroutine
from typing import Any

import click

from cnnlab import words
from cnnlab.cli import signals
from cnnlab.cli.output import print_result


@click.command()
@click.option("--port", type=click.IntRange(0, 65_535), default=8786, show_default=True, help="0: any.")
def cluster(port: int) -> None:
    """Run trainers that outlive the dashboard.

    Prints the address to set as CNNLAB_SCHEDULER for any number of dashboards on this machine, and runs
    until Ctrl-C. It listens on the loopback interface only: whoever reaches a Dask scheduler can run any
    program on it.
    """
    # Dask reads it as it is imported, here and in the workers.
    os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "warning")
    from cnnlab.trainer.cluster import serve
    from cnnlab.worker import gpus

    announced: list[str] = []
    warm = asyncio.Event()

    def announce(address: str, workers: int) -> None:
        announced[:] = [
            f"CNNLAB_SCHEDULER={address}",
            f"{words.count(workers, 'warm worker')}; Ctrl-C ends them.",
        ]

    def ready() -> None:
        address, number = announced
        warm.set()
        print_result(address)
        click.echo(number, err=True)

    click.echo("Trainer warming up", err=True)
    found = gpus.find()
    if found.problem:
        click.echo(found.problem, err=True)
    try:
        number = asyncio.run(_until_signal(serve(announce, asyncio.Event().wait, port, ready, found)))
        click.echo("Trainer ended", err=True)
        sys.exit(0 if warm.is_set() else signals.status(number))
    except RuntimeError as error:
        advice = "if another one listens there, choose another by --port, or 0 for any that is free."
        raise click.ClickException(f"No trainer could be started on port {port}: {advice}") from error


async def _until_signal(serving: Coroutine[Any, Any, None]) -> int:
    """Serves until Ctrl-C, SIGTERM or SIGHUP, the usual end; the next one does not wait for the workers.

    Returns the signal's number.
    """
    ended_by = 0
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(serving)

    def stop(number: int) -> None:
        nonlocal ended_by
        ended_by = number
        signals.handle(signals.end_at_once)
        loop.call_soon_threadsafe(task.cancel)

    with signals.handling(stop), contextlib.suppress(asyncio.CancelledError):
        await task
    return ended_by
