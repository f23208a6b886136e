"""How fast cnnlab is, held against Keras and PyTorch as people use them: `python -m cnnlab bench`.

Machines are noisy, so everything is a ratio between things that were measured shortly after one another,
in rounds; the order changes from round to round, so that none always follows a hot one. Shown are the
median, the least and the greatest ratio of the rounds, beside the target.

Each competitor has a process of its own, that their threads and their memory do not meet: Keras and
PyTorch as they come, cnnlab with the environment of its workers. All of them are warm.

- `arms`: what is timed in those processes, and `pytorch`, where it is installed;
- `processes`: the processes;
- `submitted`: what goes through the trainer that the dashboard starts;
- `report`: the ratios, their targets, and the table.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path

import pandas as pd

from cnnlab.bench import competitors, pytorch
from cnnlab.bench.processes import Call, machine, process, worker_environment
from cnnlab.bench.table import SPEED_COLUMNS, Benchmark
from cnnlab.bench.through_trainer import TOGETHER_COLUMNS, WAIT_COLUMNS, together, until_ready, waits
from cnnlab.data.split import validation_images
from cnnlab.spec import PRESETS, ComparisonSpec
from cnnlab.trainer.trainer import Trainer

PARTS = ("speed", "waits", "together")
COUNTED_EPOCHS = {"model": 1, "baseline": 25}  # the baseline is so much faster that one epoch says little

Say = Callable[[str], None]


@contextlib.contextmanager
def temporary_store() -> Generator[None]:
    """Runs go into a store that is deleted at the end, and no other cluster is used.

    For a process that has not opened a store yet: `cnnlab.runs` opens one and keeps to it.
    """
    with tempfile.TemporaryDirectory(prefix="cnnlab-bench-", ignore_cleanup_errors=True) as folder:
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{(Path(folder) / 'mlflow.db').as_posix()}"
        os.environ.pop("CNNLAB_SCHEDULER", None)
        yield


def measure(
    images: int, rounds: int, parts: tuple[str, ...], load_keras: Callable[[], None], say: Say
) -> Benchmark:
    """Runs the benchmark on the lab preset's two networks.

    Args:
        images: Of the sample of Fashion-MNIST, those for validation included.
        rounds: How often each thing is measured.
        parts: Of `PARTS`; the others are left out.
        load_keras: Run in each process that uses Keras, before all else.
        say: Told what is going on.
    """
    comparison = PRESETS["lab"].with_setting("data.images", images)
    speeds, rates, waited, walls = [], [], [], []
    say("Loading Keras")
    with process({}, load_keras) as plain, process(worker_environment(), load_keras) as lab:
        on = lab(machine)
        missing = pytorch.why_left_out(on["device"]) if "speed" in parts else ""
        if "speed" in parts:
            speeds, rates = _speeds(comparison, rounds, plain, lab, bool(missing), say)
        if {"waits", "together"} & set(parts):
            say("Starting warm workers")
            trainer = Trainer()
            with trainer.running():
                until_ready(trainer)
                if "waits" in parts:
                    waited = waits(trainer, comparison, rounds, plain, say)
                if "together" in parts:
                    walls = together(trainer, comparison, rounds, say)
    return Benchmark(
        machine=on,
        comparison=comparison,
        images=images - validation_images(comparison.data),
        speeds=pd.DataFrame(speeds, columns=SPEED_COLUMNS),
        rates=rates,
        waits=pd.DataFrame(waited, columns=WAIT_COLUMNS),
        together=pd.DataFrame(walls, columns=TOGETHER_COLUMNS),
        missing=missing,
    )


def _speeds(
    comparison: ComparisonSpec, rounds: int, plain: Call, lab: Call, without_pytorch: bool, say: Say
) -> tuple[list[tuple], list[float]]:
    """Rows of `Benchmark.speeds`, and each round's matrix products in FLOP/s."""
    rows, rates = [], []
    images = comparison.data.images - validation_images(comparison.data)
    with contextlib.ExitStack() as stack:
        turns = {
            "Keras": (plain, competitors.plain),
            "cnnlab": (lab, competitors.reporting),
            "silent": (lab, competitors.silent),
        }
        if not without_pytorch:
            turns["PyTorch"] = (stack.enter_context(process({}, pytorch.load)), pytorch.train)
        names = list(turns)
        for number in range(rounds):
            say(f"Speed: round {number + 1} of {rounds}")
            start = number % len(names)
            for role, spec in comparison.runs().items():
                epochs = COUNTED_EPOCHS[role]
                for name in (*names[start:], *names[:start]):
                    call, turn = turns[name]
                    seconds = call(turn, spec, epochs)
                    rows.append((role, number, name, *(epochs * images / each for each in seconds)))
            rates.append(lab(competitors.matrix_rate))
    return rows, rates
