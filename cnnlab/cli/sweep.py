"""`python -m cnnlab sweep`: searches for the best settings, and exports a sweep for optuna-dashboard."""

import contextlib
import json
import os
import re
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnnlab import words
from cnnlab.cli import signals, sweep_result
from cnnlab.cli.output import FAILED, print_result
from cnnlab.cli.settings import SHORTCUTS, RefusedSettings, SettingValue, chosen, given, settings_options
from cnnlab.errors import RunNotFound, UserError

if TYPE_CHECKING:
    from cnnlab.studies.sweep import SweepDriver
    from cnnlab.studies.sweep_plan import Range, Sweep
    from cnnlab.trainer.trainer import Trainer

METHODS = ("grid", "random", "tpe", "nsga2")  # as in `cnnlab.studies.sweep_plan`, which takes long to load
PRUNINGS = ("none", "median", "halving", "wilcoxon")
OBJECTIVES = ("accuracy", "accuracy_params", "accuracy_macs")
START_SECONDS = 180.0
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
SPAN = re.compile(rf"({NUMBER})\.\.({NUMBER})(,log)?(?:,step=({NUMBER}))?")


class RangeOfSetting(click.ParamType):
    """PATH=LOW..HIGH, PATH=LOW..HIGH,log, PATH=LOW..HIGH,step=N or PATH=A,B,C."""

    name = "range"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See `click.ParamType.convert`; gives the path and the arguments of the range."""
        path, equals, text = (part.strip() for part in value.partition("="))
        if not equals or not text:
            self.fail(f"'{value}' is no range: write it as model.dense_units=16..128.", param, ctx)
        if span := SPAN.fullmatch(text):
            low, high, log, step = span.groups()
            numbers = {"low": float(low), "high": float(high), "log": bool(log)}
            return path, numbers | ({"step": float(step)} if step else {})
        if ".." in text:
            self.fail(
                f"'{text}' is no range: write 16..128, 1e-4..1e-1,log or 16..128,step=16, or values as 8,16.",
                param,
                ctx,
            )
        return path, {
            "values": tuple(SettingValue().convert(part.strip(), None, None) for part in text.split(","))
        }


@click.command()
@settings_options
@click.option(
    "--range",
    "ranges",
    multiple=True,
    metavar="PATH=RANGE",
    type=RangeOfSetting(),
    help="A setting to vary: 16..128, 1e-4..1e-1,log, 16..128,step=16, or values as adam,sgd. Repeatable.",
)
@click.option("--trials", type=int, default=20, show_default=True, help="At most; 1 to 1000.")
@click.option("--minutes", type=float, help="After so long no further trial begins.")
@click.option("--method", type=click.Choice(METHODS), default="tpe", show_default=True)
@click.option(
    "--objective",
    type=click.Choice(OBJECTIVES),
    default="accuracy",
    show_default=True,
    help="Validation accuracy, alone or against a cost.",
)
@click.option(
    "--prune",
    type=click.Choice(PRUNINGS),
    default="none",
    show_default=True,
    help="Give up trials that are behind.",
)
@click.option("--seeds", type=int, default=1, show_default=True, help="Seeds per trial; 1 to 5.")
@click.option(
    "--confirm",
    type=int,
    default=3,
    show_default=True,
    help="Fresh seeds for the best trial, the start and the baseline; 0 for none.",
)
@click.option("--sampler-seed", type=int, default=0, show_default=True, help="Same seed, same trials.")
@click.option(
    "--at-once",
    type=int,
    default=4,
    show_default=True,
    help="Trials that are chosen before an earlier one's result is known.",
)
@click.option("--stored", is_flag=True, help="Let finished runs of the same data count as trials.")
@click.option("--export", "exported", metavar="STUDY", help="Export this sweep instead: its id, or 'last'.")
@click.option("--to", "file", type=click.Path(path_type=Path), help="The file to export to.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def sweep(ctx: click.Context, exported: str | None, file: Path | None, as_json: bool, **options: Any) -> None:
    """Search for the settings with the best validation accuracy.

    Trains in workers of its own, as the dashboard does, or on the cluster that CNNLAB_SCHEDULER names. All
    trials are stored, and the dashboard shows the sweep. Ctrl-C ends it and prints the result so far.

    \b
    python -m cnnlab sweep --preset small --range training.learning_rate=1e-4..1e-1,log
    python -m cnnlab sweep --export last --to sweep.log
    """
    if (exported is None) != (file is None):
        raise click.UsageError("--export and --to need each other.")
    try:
        if exported is not None and file is not None:
            print_result(_export(exported, file))
            return
        status = _search(planned(**options), as_json)
    except UserError as error:
        raise click.ClickException(str(error)) from error
    ctx.exit(status)


def planned(
    preset: str,
    changes: tuple[tuple[str, Any], ...],
    ranges: tuple[tuple[str, dict[str, Any]], ...],
    prune: str,
    confirm: int,
    stored: bool,
    **others: Any,
) -> "Sweep":
    """The sweep that the options describe. Raises `RefusedSettings`."""
    from cnnlab.studies import sweep_plan
    from cnnlab.studies.sweep_plan import Choices, Numbers, Sweep

    shortcuts = {name: others.pop(name) for name in SHORTCUTS}
    comparison = chosen(preset, [*given(shortcuts), *changes])
    varied: list[Range] = [
        Choices(path=path, **what) if "values" in what else Numbers(path=path, **what)
        for path, what in ranges
    ]
    plan = Sweep(
        comparison=comparison,
        ranges=tuple(varied),
        pruning=prune,  # ty: ignore[invalid-argument-type]  click has checked it
        confirm_seeds=confirm,
        use_stored=stored,
        **others,
    )
    if reasons := sweep_plan.refusals(plan):
        raise RefusedSettings(reasons)
    return plan


def _export(study: str, file: Path) -> str:
    from cnnlab import runs
    from cnnlab.studies import sweep_export, sweep_progress

    if study == "last":
        study = next((each.study_id for each in runs.studies(100) if each.kind == "sweep"), "")
        if not study:
            raise RunNotFound("No sweep is stored yet.")
    try:
        progress = sweep_progress.read(study)
    except ValueError as error:
        raise RunNotFound(f"The study '{study}' is no sweep.") from error
    written = sweep_export.export(progress, file)
    return f"{words.count(written, 'trial')} of '{progress.sweep.title}' written to {file}"


def _search(plan: "Sweep", as_json: bool) -> int:
    """Does the sweep; returns the exit status."""
    os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "warning")  # Dask reads it as it is imported
    click.echo("Trainer warming up", err=True)
    from cnnlab.studies import sweep_progress
    from cnnlab.studies.sweep import SweepDriver
    from cnnlab.trainer.trainer import Trainer

    trainer = Trainer()
    stopped_by = 0

    def stop(number: int) -> None:
        nonlocal stopped_by
        if stopped_by:
            signals.end(number)
        stopped_by = signals.status(number)

    with signals.handling(stop), trainer.running():
        _wait_for(trainer, lambda: stopped_by)
        if stopped_by:
            return stopped_by
        driver = SweepDriver(trainer)
        study = driver.start(plan)
        click.echo(f"{plan.title}: study {study}", err=True)
        with _ended_at_once(study) as told:
            _follow(driver, study, lambda: stopped_by, told)
        progress = sweep_progress.read(study)
    print_result(
        json.dumps(sweep_result.as_data(progress), indent=2) if as_json else sweep_result.summary(progress)
    )
    return stopped_by or (0 if progress.finished else FAILED)


def _wait_for(trainer: "Trainer", is_stopped: Any) -> None:
    """Waits until training can start. Raises `TrainerUnavailable` where it cannot."""
    import time

    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and not is_stopped():
        if trainer.status().state != "warming up":
            break
        time.sleep(0.2)
    if not is_stopped():
        trainer.connection.require_ready()


@contextlib.contextmanager
def _ended_at_once(study: str) -> Generator[set[int]]:
    """Gives the numbers of the trials that were told; marks the sweep as stopped where a person insists."""
    from cnnlab import runs

    try:
        yield set()
    except signals.Ended:
        runs.lead(study, "stopped")
        raise


def _follow(driver: "SweepDriver", study: str, is_stopped: Any, told: set[int]) -> None:
    """Tells of each trial that has ended, until the sweep has; ends the sweep once it is to be stopped."""
    from cnnlab.studies import sweep_progress

    progress = sweep_progress.read(study)
    cancelled = False
    ended = False
    while not ended:
        ended = driver.wait(study, 0.5)
        if is_stopped() and not cancelled and not ended:
            cancelled = True
            click.echo("Stopping: the trainings under way are tested and stored", err=True)
            driver.cancel(study)
        progress = sweep_progress.refreshed(progress)
        for trial in progress.trials:
            if trial.state != "running" and trial.number not in told:
                told.add(trial.number)
                click.echo(sweep_result.line(progress, trial.number), err=True)
