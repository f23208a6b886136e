"""The accuracy table of the README: the lab preset on the full Fashion-MNIST, seeds 0, 1 and 2.

To be run by hand, from the folder of the README: `python -m tests.benchmarks.accuracy`. It takes some
minutes without a GPU, keeps nothing, prints the table as markdown, and ends with status 1 where an
accuracy is outside what such networks reach.
"""

import sys

import numpy as np

from cnnlab.arithmetic.network import layer_rows, totals
from cnnlab.data.registry import DATASETS, load
from cnnlab.data.split import split
from cnnlab.models import training
from cnnlab.spec import PRESETS, ComparisonSpec, Role, network_title

SEEDS = (0, 1, 2)
EXPECTED: dict[Role, tuple[float, float]] = {"model": (0.885, 0.920), "baseline": (0.855, 0.890)}


def main() -> None:
    """Trains, prints, judges."""
    lab = PRESETS["lab"].with_setting("data.source", "full").with_setting("data.images", 60_000)
    outcomes = {role: [] for role in EXPECTED}
    for seed in SEEDS:
        for role, outcome in trained(lab.with_setting("training.seed", seed)).items():
            outcomes[role].append(outcome)
            print(f"seed {seed}, {role}: {outcome}", file=sys.stderr, flush=True)
    print(table(lab, outcomes))
    sys.exit(any(not within(role, measured) for role, measured in outcomes.items()))


def trained(comparison: ComparisonSpec) -> dict[Role, dict[str, float]]:
    """The final metrics of both networks, as `cnnlab.models.events.Outcome` gives them."""
    data = split(
        load(comparison.data.dataset, comparison.data.source), comparison.data, comparison.training.seed
    )
    return {
        role: training.fit(spec, data, lambda report: None).metrics
        for role, spec in comparison.runs().items()
    }


def table(comparison: ComparisonSpec, outcomes: dict[Role, list[dict[str, float]]]) -> str:
    """One line a network: mean and standard deviation over the seeds, and each seed."""
    info = DATASETS[comparison.data.dataset]
    lines = [
        "| network | parameters | test accuracy, mean ± s.d. | "
        + " | ".join(f"seed {seed}" for seed in SEEDS)
        + " | best validation accuracy | seconds |",
        "| --- " * (5 + len(SEEDS)) + "|",
    ]
    for role, spec in comparison.runs().items():
        accuracies = [metrics["test_accuracy"] for metrics in outcomes[role]]
        params = totals(layer_rows(spec.model, info.input_shape, len(info.classes))).params
        cells = [
            network_title(spec.model),
            f"{params:,}",
            f"{np.mean(accuracies):.4f} ± {np.std(accuracies, ddof=1):.4f}",
            *(f"{accuracy:.4f}" for accuracy in accuracies),
            f"{np.mean([metrics['best_val_accuracy'] for metrics in outcomes[role]]):.4f}",
            f"{np.mean([metrics['seconds'] for metrics in outcomes[role]]):.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def within(role: Role, measured: list[dict[str, float]]) -> bool:
    """Whether every seed's test accuracy is as expected."""
    low, high = EXPECTED[role]
    return all(low <= metrics["test_accuracy"] <= high for metrics in measured)


if __name__ == "__main__":
    main()
