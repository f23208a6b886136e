"""What augmentation costs: images/s of the lab's two networks without it and with it, in turn.

To be run by hand, from the folder of the README: `python -m tests.benchmarks.augmentation`. It trains without
storing anything and prints a table in markdown. The ratios are of times of the same round; images/s depend on
the machine and on what else it does: quote them with both.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from statistics import median

from cnnlab.bench.benchmark import COUNTED_EPOCHS
from cnnlab.bench.competitors import cnnlab_silent
from cnnlab.data.split import images_to_learn_from
from cnnlab.spec import PRESETS, RunSpec
from cnnlab.worker.device import load_keras

IMAGES = 10_000
ROUNDS = 3
MOVED = {"augment_shift": 0.1, "augment_turn": 15.0, "augment_zoom": 0.1, "augment_flip": True}
VALUES = {"augment_contrast": 0.3, "augment_noise": 0.05}
SETTINGS: dict[str, dict[str, float]] = {
    "none": {},
    "shift, turn, zoom, flip": MOVED,
    "contrast, noise": VALUES,
    "all of them": MOVED | VALUES,
}


def main() -> None:
    """Measures and prints."""
    load_keras()
    print("| network | augmentation | images/s, median | of those without, median (min–max) |")
    print("| --- | --- | --- | --- |")
    for role, spec in PRESETS["lab"].with_setting("data.images", IMAGES).runs().items():
        rates = [_rates(spec, COUNTED_EPOCHS[role], number) for number in range(ROUNDS)]
        for name in SETTINGS:
            ratios = [of_round[name] / of_round["none"] for of_round in rates]
            rate = median(of_round[name] for of_round in rates)
            spread = f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
            print(f"| {role} | {name} | {rate:,.0f} | {spread} |", flush=True)


def _rates(spec: RunSpec, epochs: int, number: int) -> dict[str, float]:
    """Images a second in training steps, by augmentation; each round begins with another one."""
    names = list(SETTINGS)
    first = number % len(names)
    rates = {}
    for name in (*names[first:], *names[:first]):
        training = spec.training.model_copy(update=SETTINGS[name])
        _, seconds = cnnlab_silent(spec.model_copy(update={"training": training}), epochs)
        rates[name] = epochs * images_to_learn_from(spec) / seconds
    return rates


if __name__ == "__main__":
    main()
