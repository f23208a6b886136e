"""`python -m cnnlab cluster`: trainers that outlive the dashboard."""

import asyncio
import os
import signal

import click


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

    def announce(address: str, workers: int) -> None:
        click.echo(f"CNNLAB_SCHEDULER={address}")
        click.echo(f"{workers} warm worker{'s' if workers > 1 else ''}; Ctrl-C ends them.", err=True)

    click.echo("Trainer warming up", err=True)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    try:
        asyncio.run(serve(announce, asyncio.Event().wait, port))
    except KeyboardInterrupt:
        click.echo("Trainer ended", err=True)
    except RuntimeError as error:
        advice = "if another one listens there, choose another by --port, or 0 for any that is free."
        raise click.ClickException(f"No trainer could be started on port {port}: {advice}") from error
