"""`python -m cnnlab train`: trains a CNN and its baseline in this process and compares them."""

import contextlib
import json
import math
import sys
import textwrap
import uuid
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import click

from cnnlab.cli import signals
from cnnlab.cli.output import FAILED, print_result
from cnnlab.cli.settings import chosen, given, settings_options
from cnnlab.data.registry import DATASETS, load
from cnnlab.data.split import steps_per_epoch
from cnnlab.errors import DatasetUnavailable, RunNotFound, UserError
from cnnlab.models.events import Event, Steps
from cnnlab.spec import (
    ComparisonSpec,
    DataSpec,
    Role,
    RunSpec,
    network_title,
)
from cnnlab.spec.orders import Orders
from cnnlab.worker import device, gpus
from cnnlab.worker.device import load_keras

if TYPE_CHECKING:
    from cnnlab.evidence.paired import Paired
    from cnnlab.runs import Run

STOPPED = 130  # exit status of a training that another program has stopped, as if by Ctrl-C


@click.command()
@settings_options
@click.option("--no-baseline", is_flag=True, help="Train the CNN alone.")
@click.option("--match-parameters", is_flag=True, help="Give the baseline as many parameters as the CNN.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def train(
    ctx: click.Context,
    preset: str,
    no_baseline: bool,
    match_parameters: bool,
    changes: tuple[tuple[str, Any], ...],
    as_json: bool,
    **shortcuts: Any,
) -> None:
    """Train a CNN and its dense-only baseline, and compare them.

    What is not said is as in the preset. Both runs are stored, and the dashboard and 'mlflow ui' show
    them. Ctrl-C stops the training and prints the result so far; so do SIGTERM and the end of the terminal.

    \b
    python -m cnnlab train --preset lab --images 2000 --epochs 1
    python -m cnnlab train --set model.blocks.0.filters=32 --set training.optimizer=sgd
    """
    if match_parameters and no_baseline:
        raise click.UsageError("--match-parameters needs the baseline that --no-baseline leaves out.")
    removal = [("baseline", None)] if no_baseline else []
    comparison = chosen(preset, [*removal, *given(shortcuts), *changes], match_parameters)
    stop = StopBySignal()
    try:
        members = train_in_turn(comparison, stop)
    except UserError as error:
        raise click.ClickException(str(error)) from error
    except signals.Ended as ended:
        click.echo("Stopped at once, without a test.", err=True)
        ctx.exit(ended.status)
    try:
        print_result(json.dumps(as_data(members), indent=2) if as_json else summary(members))
    except click.ClickException:
        if not stop.status:
            raise
        ctx.exit(stop.status)  # the terminal was closed
    for run in members.values():
        if run.reason:
            click.echo(f"{run.name}: {run.reason}", err=True)
    endings = {run.status for run in members.values()}
    ctx.exit(FAILED if "failed" in endings else stop.status or (STOPPED if "stopped" in endings else 0))


class StopBySignal:
    """Orders to a training: the first signal stops it, the second ends it without a test."""

    def __init__(self) -> None:
        self.status = 0
        """The exit status; 0 before the first signal."""

    def __call__(self) -> Orders:
        """The orders in force."""
        return Orders(stop=self.status > 0)

    def take(self, number: int) -> None:
        """Called with the number of each signal."""
        if self.status:
            signals.end(number)
        self.status = signals.status(number)


def train_in_turn(comparison: ComparisonSpec, stop: StopBySignal) -> "dict[Role, Run]":
    """Trains the networks of a comparison one after the other; returns their runs as they ended.

    A signal stops the training under way, and those after it are marked as stopped too. The second one raises
    `signals.Ended`, and the training is marked as stopped as well. Nothing is stored where the images cannot
    be had.
    """
    _fetch(comparison.data)
    click.echo("Loading Keras and the store of runs", err=True)
    from cnnlab import runs
    from cnnlab.worker import train as tasks

    load_keras()
    if problem := gpus.problem_beside(device.name()):
        click.echo(problem, err=True)
    identity = uuid.uuid4().hex
    run_ids: dict[Role, str] = {}
    try:
        with signals.handling(stop.take):
            for role, spec in comparison.runs().items():
                run_ids[role] = runs.create(role, identity, spec)
            for run_id in run_ids.values():
                if stop().stop:
                    runs.end(run_id, "stopped")
                else:
                    with _bar(runs.get(run_id).spec) as move_bar:
                        tasks.train(run_id, stop, move_bar)
    except KeyboardInterrupt:
        for run_id in run_ids.values():
            runs.end(run_id, "stopped")
        raise
    except BaseException as error:
        for run_id in run_ids.values():  # those that had not begun; an ending stays as it is
            runs.end(run_id, "failed", f"Not trained, since the run before it failed: {error}")
        raise
    return runs.members(identity)


def _fetch(data: DataSpec) -> None:
    """Makes sure of the images, which stay in memory; a download shows how far it is."""
    try:
        if data.source == "sample":
            load(data.dataset, data.source)
            return
        with click.progressbar(length=100, label="Full data set", file=sys.stderr) as bar:
            load(data.dataset, data.source, lambda share: bar.update(int(share * 100) - bar.pos))
            bar.update(100 - bar.pos)
    except DatasetUnavailable as error:
        raise click.ClickException(str(error)) from error


@contextlib.contextmanager
def _bar(spec: RunSpec) -> Generator[Callable[[Event], None]]:
    """A progress bar on stderr, and the function that moves it with every event of the training."""
    with click.progressbar(
        length=steps_per_epoch(spec) * spec.training.epochs,
        label=f"{network_title(spec.model):<14}",
        show_pos=True,
        item_show_func=lambda rate: f"{rate:,} images/s" if rate else "",
        file=sys.stderr,
    ) as bar:

        def move(event: Event) -> None:
            rate = round(event.images_per_second) if isinstance(event, Steps) else 0
            bar.update(event.step - bar.pos, rate or None)

        yield move


def summary(members: "dict[Role, Run]") -> str:
    """The results as a table with a column for each network, and what was found in sentences."""
    from cnnlab.evidence.finding import text
    from cnnlab.views.tables.results import comparison_findings, result_table

    tested = [run for run in members.values() if "test_accuracy" in run.metrics]
    if not tested:
        return "No network was tested."
    more = {
        "Device": [run.device for run in tested],
        "Status": [run.status for run in tested],
        "Run": [run.run_id for run in tested],
    }
    table = result_table(tested).assign(**more).set_index("Network").T.to_string()
    data = tested[0].spec.data
    findings = comparison_findings(
        [network_title(run.spec.model) for run in tested],
        tested,
        _counted(*tested) if len(tested) == 2 else None,
        DATASETS[data.dataset].test_images[data.source],
    )
    return f"\n{table}\n\n" + "\n".join(textwrap.wrap(text(findings), 100))


def _counted(first: "Run", second: "Run") -> "Paired | None":
    """Both networks counted by who is right, from their stored predictions; None without these."""
    from cnnlab import runs
    from cnnlab.evidence.paired import paired_predictions

    try:
        return paired_predictions(runs.predictions(first.run_id), runs.predictions(second.run_id))
    except RunNotFound:
        return None


def points_between(members: "dict[Role, Run]") -> float | None:
    """Test accuracy of the model less that of the baseline, in percentage points."""
    accuracies = {role: run.metrics.get("test_accuracy") for role, run in members.items()}
    model, baseline = accuracies.get("model"), accuracies.get("baseline")
    return None if model is None or baseline is None else 100 * (model - baseline)


def as_data(members: "dict[Role, Run]") -> dict[str, Any]:
    """The results for `--json`; a number that is not finite becomes null."""
    networks = {
        role: {
            "run_id": run.run_id,
            "name": run.name,
            "status": run.status,
            "reason": run.reason,
            "device": run.device,
            "metrics": {name: x if math.isfinite(x) else None for name, x in sorted(run.metrics.items())},
            "spec": run.spec.model_dump(mode="json"),
        }
        for role, run in members.items()
    }
    comparison = next(iter(members.values())).comparison
    return {"comparison": comparison, "points": points_between(members), "networks": networks}
