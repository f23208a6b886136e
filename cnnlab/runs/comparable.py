"""Which runs were tested on the same images, and in which settings runs differ."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from cnnlab.arithmetic.plan import blocks_of
from cnnlab.data.registry import DATASETS
from cnnlab.runs import Run
from cnnlab.spec import TITLES, ConvBlock, ConvNetSpec, RunSpec, flatten

NOT_SET = "–"
ALIKE = {  # the hidden layers, whichever kind of network has them
    "model.units": "model.dense_units",
    "model.second_units": "model.second_dense_units",
}


class Setting(NamedTuple):
    """One setting of several runs: its title and each run's value, in words."""

    title: str
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """The title within a sentence: 'filters of every block'."""
        return self.title[:1].lower() + self.title[1:]

    @property
    def differs(self) -> bool:
        """Whether the runs disagree."""
        return len(set(self.words)) > 1


def settings(specs: Sequence[RunSpec]) -> list[Setting]:
    """Every setting that one of the runs has, in the order of the specs; what a run lacks is a dash.

    A setting in which no network's blocks differ from each other is one row for every block.
    """
    flat = [_flat(spec) for spec in specs]
    uniform = {name for name in ConvBlock.model_fields if all(_uniform(spec, name) for spec in specs)}
    for each in flat:
        for path in list(each):
            name, block = path.rpartition(".")[2], _block(path)
            if block is not None and name in uniform:
                value = each.pop(path)
                each.setdefault(f"model.blocks.{name}", value)
    paths = dict.fromkeys(path for each in flat for path in each)
    return [
        Setting(setting_title(path), tuple(_words(each.get(path, NOT_SET)) for each in flat))
        for path in paths
    ]


def _flat(spec: RunSpec) -> dict[str, Any]:
    flat = {ALIKE.get(path, path): value for path, value in flatten(spec).items()}
    if isinstance(spec.model, ConvNetSpec):
        flat["model.blocks"] = len(spec.model.blocks)
    return flat


def _uniform(spec: RunSpec, name: str) -> bool:
    """Whether all blocks of the network, if it has any, agree in a setting."""
    return len({getattr(block, name) for block in blocks_of(spec.model)}) < 2


def _block(path: str) -> int | None:
    """The index of the block that a setting belongs to."""
    return next((int(part) for part in path.split(".") if part.isdecimal()), None)


def setting_title(path: str) -> str:
    """The title of a setting by its path: 'model.blocks.0.filters' is 'Filters of block 1'.

    'model.blocks.filters' stands for all blocks, 'model.blocks' for their number.
    """
    name, block = path.rpartition(".")[2], _block(path)
    title = "Kind of network" if name == "kind" else TITLES[name]
    if block is not None:
        return f"{title} of block {block + 1}"
    return f"{title} of every block" if path.startswith("model.blocks.") else title


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def test_set(run: Run) -> tuple[str, str]:
    """What a run was tested on: the data set and its size. Runs that agree have the same test images."""
    return run.spec.data.dataset, run.spec.data.source


def incomparable(runs: Sequence[Run], baseline: Run) -> dict[str, str]:
    """Run id → why its test results cannot be compared with the baseline's, in a sentence."""
    return {run.run_id: reason for run in runs if (reason := _reason(run, baseline))}


def _reason(run: Run, baseline: Run) -> str:
    if run.spec.data.dataset not in DATASETS:
        return f"its data set '{run.spec.data.dataset}' is not among the data sets of this cnnlab"
    if test_set(run) != test_set(baseline):
        return f"it was tested on {_images(run)}, the baseline on {_images(baseline)}"
    if "test_accuracy" not in run.metrics:
        return f"it was not tested: {run.reason or f'it is {run.status}'}".rstrip(".")
    return ""


def _images(run: Run) -> str:
    data = run.spec.data
    if data.dataset not in DATASETS:
        return f"'{data.dataset}'"
    info = DATASETS[data.dataset]
    return f"the {info.test_images[data.source]:,} test images of {info.title} ({data.source})"
