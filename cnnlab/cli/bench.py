"""`python -m cnnlab bench`: the speed against plain Keras and PyTorch."""

import json
import os
import sys

import click

from cnnlab.cli import signals
from cnnlab.cli.output import print_result


@click.command()
@click.option(
    "--images",
    type=click.IntRange(50, 10_000),
    default=10_000,
    show_default=True,
    help="Training images, validation included.",
)
@click.option(
    "--rounds", type=click.IntRange(1), default=5, show_default=True, help="How often each is measured."
)
@click.option(
    "--part",
    "parts",
    type=click.Choice(["speed", "waits", "together"]),
    multiple=True,
    help="Measure this part alone. Repeatable; all of them without it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print every measurement as JSON.")
def bench(images: int, rounds: int, parts: tuple[str, ...], as_json: bool) -> None:
    """Compare cnnlab's speed with plain Keras and PyTorch.

    speed: images a second against Keras's own 'fit', PyTorch (where it is installed), the machine's
    matrix products, and cnnlab without its reporting. waits: from pressing Train to the first loss.
    together: both networks at the same time against one after the other.

    Takes up to ten minutes. Machines are noisy: trust the ratios, not the seconds.
    """
    # Dask reads it as it is imported, here and in the trainer.
    os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "warning")
    from cnnlab import bench as benchmark
    from cnnlab.worker.device import load_keras

    try:
        with signals.handling(signals.end), benchmark.temporary_store():
            result = benchmark.run(
                images, rounds, parts or benchmark.PARTS, load_keras, lambda line: click.echo(line, err=True)
            )
    except signals.Ended as ended:
        sys.exit(ended.status)
    print_result(json.dumps(result.as_data(), indent=2) if as_json else result.as_text())
