"""Runs the benchmark: every measurement once a round, all rounds shortly after one another.

Machines are noisy, so all results are ratios of times that were measured in the same round. The order of the
competitors changes from round to round, so that none always runs after the same other one.

Each competitor has its own process, so that they share neither threads nor memory: Keras and PyTorch with
their defaults, cnnlab with the environment of its workers. All of them are warm.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from cnnlab.bench import competitors, pytorch
from cnnlab.bench.competitors import Seconds
from cnnlab.bench.processes import Call, machine, process, worker_environment
from cnnlab.bench.results import OURS, SPEED_COLUMNS, TOGETHER_COLUMNS, WAIT_COLUMNS, Benchmark
from cnnlab.bench.through_trainer import (
    TogetherRow,
    WaitRow,
    first_losses,
    together_and_in_turn,
    wait_until_ready,
)
from cnnlab.data.split import validation_images
from cnnlab.spec import PRESETS, ComparisonSpec, Role, RunSpec
from cnnlab.trainer.trainer import Trainer

PARTS = ("speed", "waits", "together")
# One epoch of the baseline is too short to be timed.
COUNTED_EPOCHS: dict[Role, int] = {"model": 1, "baseline": 25}

Report: TypeAlias = Callable[[str], None]
Timed: TypeAlias = Callable[[RunSpec, int], Seconds]
SpeedRow: TypeAlias = tuple[Role, int, str, float, float]


@contextlib.contextmanager
def temporary_store() -> Generator[None]:
    """Uses a store of runs that is deleted at the end, and no other cluster.

    Only for a process that has not opened a store yet: `cnnlab.runs` opens one and keeps it.
    """
    with tempfile.TemporaryDirectory(prefix="cnnlab-bench-", ignore_cleanup_errors=True) as folder:
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{(Path(folder) / 'mlflow.db').as_posix()}"
        os.environ.pop("CNNLAB_SCHEDULER", None)
        yield


def run(
    images: int, rounds: int, parts: tuple[str, ...], load_keras: Callable[[], None], report: Report
) -> Benchmark:
    """Measures the lab preset's two networks.

    Args:
        images: Training images of the sample of Fashion-MNIST, validation included.
        rounds: How often each measurement is made.
        parts: Some of `PARTS`; the others are left out.
        load_keras: Called in each process that uses Keras, before anything else.
        report: Called with a line about each step of the benchmark.
    """
    comparison = PRESETS["lab"].with_setting("data.images", images)
    speeds: list[SpeedRow] = []
    matrix_rates: dict[str, list[float]] = {}
    waits: list[WaitRow] = []
    together: list[TogetherRow] = []
    report("Loading Keras")
    with process({}, load_keras) as keras, process(worker_environment(), load_keras) as cnnlab:
        hardware = cnnlab(machine)
        pytorch_left_out = half_left_out = ""
        if "speed" in parts:
            pytorch_left_out = pytorch.reason_left_out(hardware["device"])
            half_left_out = cnnlab(competitors.reason_without_half)
            without = {"PyTorch": bool(pytorch_left_out), "bfloat16": bool(half_left_out)}
            speeds, matrix_rates = _speeds(comparison, rounds, without, keras, cnnlab, report)
        if {"waits", "together"} & set(parts):
            report("Starting warm workers")
            trainer = Trainer()
            with trainer.running():
                wait_until_ready(trainer)
                if "waits" in parts:
                    waits = first_losses(trainer, comparison, rounds, keras, report)
                if "together" in parts:
                    together = together_and_in_turn(trainer, comparison, rounds, report)
    return Benchmark(
        machine=hardware,
        comparison=comparison,
        images=images - validation_images(comparison.data),
        speeds=pd.DataFrame(speeds, columns=SPEED_COLUMNS),
        matrix_rates=matrix_rates.get("float32", []),
        half_matrix_rates=matrix_rates.get("bfloat16", []),
        waits=pd.DataFrame(waits, columns=WAIT_COLUMNS),
        together=pd.DataFrame(together, columns=TOGETHER_COLUMNS),
        pytorch_left_out=pytorch_left_out,
        half_left_out=half_left_out,
    )


def _speeds(
    comparison: ComparisonSpec,
    rounds: int,
    without: dict[str, bool],
    keras: Call,
    cnnlab: Call,
    report: Report,
) -> tuple[list[SpeedRow], dict[str, list[float]]]:
    """Rows with the columns `SPEED_COLUMNS`, and by precision each round's matrix products in FLOP/s.

    `without`: whether 'PyTorch' and whether 'bfloat16' are left out.
    """
    rows: list[SpeedRow] = []
    precisions = ["float32"] if without["bfloat16"] else ["float32", "bfloat16"]
    matrix_rates: dict[str, list[float]] = {precision: [] for precision in precisions}
    images = comparison.data.images - validation_images(comparison.data)
    with contextlib.ExitStack() as stack:
        trainings: dict[str, tuple[Call, Timed]] = {
            "Keras": (keras, competitors.keras_fit),
            OURS: (cnnlab, competitors.cnnlab_stored),
            "silent": (cnnlab, competitors.cnnlab_silent),
        }
        if not without["PyTorch"]:
            trainings["PyTorch"] = (stack.enter_context(process({}, pytorch.load)), pytorch.train)
        turns = {
            role: {name: (*trainings[name], spec) for name in trainings}
            for role, spec in comparison.runs().items()
        }
        if not without["bfloat16"]:
            in_half = comparison.with_setting("training.precision", "mixed_bfloat16").runs()["model"]
            both = [name for name in (OURS, "PyTorch") if name in trainings]
            turns["model"] |= {f"{name} bfloat16": (*trainings[name], in_half) for name in both}
        for number in range(rounds):
            report(f"Speed: round {number + 1} of {rounds}")
            for role, arms in turns.items():
                epochs = COUNTED_EPOCHS[role]
                for name in _from(number, list(arms)):
                    call, training, spec = arms[name]
                    whole, steps = call(training, spec, epochs)
                    rows.append((role, number, name, epochs * images / whole, epochs * images / steps))
            for precision, rates in matrix_rates.items():
                rates.append(cnnlab(competitors.matrix_rate, precision))
    return rows, matrix_rates


def _from(number: int, names: list[str]) -> list[str]:
    """The names in turn, beginning with another one each round."""
    first = number % len(names)
    return [*names[first:], *names[:first]]
