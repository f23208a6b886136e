"""How near the estimate of a training's memory is to what it takes on a CPU, network by network.

To be run by hand, from the folder of the README: `python -m tests.benchmarks.memory`. Each network is
trained for one short epoch; what it takes is the process's peak above what it had before, once its libraries
are loaded and warm. Linux only, as root: the peak is reset by `/proc/self/clear_refs`. It takes two minutes,
keeps nothing, and prints the table as markdown. Ends with status 1 where a training took more than was
estimated.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from cnnlab.spec import ConvBlock, ConvNetSpec, DataSpec, DenseSpec, RunSpec, TrainingSpec
from cnnlab.trainer.cluster import DASK_SETTINGS
from cnnlab.worker.room import needed_bytes

IMAGES = 1000
MIB = 2**20


class Case(NamedTuple):
    """A network and what is special about it."""

    what: str
    spec: RunSpec


def case(what: str, model: ConvNetSpec | DenseSpec, dataset: str = "fashion-mnist", **training: Any) -> Case:
    """One epoch of it on a thousand images."""
    settings = TrainingSpec(epochs=1, **training)
    return Case(what, RunSpec(data=DataSpec(dataset=dataset, images=IMAGES), model=model, training=settings))


def convolutions(filters: int, number: int = 2, dense_units: int = 128, **block: Any) -> ConvNetSpec:
    """So many equal blocks."""
    return ConvNetSpec(blocks=(ConvBlock(filters=filters, **block),) * number, dense_units=dense_units)


SAME: dict[str, Any] = {"padding": "same", "pooling": "none"}
CASES = [
    case("Lab", convolutions(64)),
    case("Lab, batches of 512", convolutions(64), batch_size=512),
    case("kernels 7×7, batches of 256", convolutions(64, kernel_size=7), batch_size=256),
    case("batch normalisation, batches of 256", convolutions(64, batch_norm=True), batch_size=256),
    case("256 filters, no pooling, batches of 128", convolutions(256, 1, 8, **SAME), batch_size=128),
    case("256 filters twice, no pooling, batches of 64", convolutions(256, 2, 8, **SAME), batch_size=64),
    case("128 filters, no pooling, 128 dense units", convolutions(128, 1, **SAME)),
    case("in colour, batches of 256", convolutions(64), "shapes", batch_size=256),
    case("Dense 128", DenseSpec(units=128)),
    case("Dense 16384", DenseSpec(units=16_384)),
    case("Dense 16384, batches of 512", DenseSpec(units=16_384), batch_size=512),
    case("Dense 4096-4096", DenseSpec(units=4096, second_units=4096), batch_size=128),
]

MEASURE = """
import json, sys, psutil
from cnnlab.data.registry import load
from cnnlab.data.split import split
from cnnlab.models import training
from cnnlab.spec import RunSpec
from cnnlab.worker import room, train
train.warm_up()
for text in json.load(sys.stdin):
    spec = RunSpec.model_validate_json(text)
    train._forget_networks()
    room._give_back()
    before = psutil.Process().memory_info().rss
    open("/proc/self/clear_refs", "w").write("5")  # the peak begins anew
    data = split(load(spec.data.dataset, spec.data.source), spec.data, spec.training.seed)
    training.fit(spec, data, lambda event: None)
    del data
    peak = next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(max(1, peak - before), flush=True)
"""


def measured(specs: list[RunSpec]) -> Iterator[int]:
    """Bytes that each training takes at its peak, one after the other in a process like a worker's."""
    environment = os.environ | DASK_SETTINGS["distributed.nanny.pre-spawn-environ"]
    command = [sys.executable, "-c", MEASURE]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps([spec.model_dump_json() for spec in specs]))
        process.stdin.close()
        yield from map(int, process.stdout)


def main() -> None:
    """Measures, prints, judges."""
    print("| network | estimated, MiB | measured, MiB | estimated / measured |", "| --- " * 4 + "|", sep="\n")
    factors = []
    for (what, spec), taken in zip(CASES, measured([spec for _, spec in CASES]), strict=True):
        estimated = needed_bytes(spec)
        factors.append(estimated / taken)
        print(f"| {what} | {estimated / MIB:,.0f} | {taken / MIB:,.0f} | {factors[-1]:.2f} |", flush=True)
    print(f"\nThe estimate is {min(factors):.2f} to {max(factors):.2f} times what trainings take.")
    sys.exit(min(factors) < 1)


if __name__ == "__main__":
    main()
