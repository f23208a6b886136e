"""What a sweep costs beside its trainings, and what two workers gain.

To be run by hand, from the folder of the README: `python -m tests.benchmarks.sweep`. It prints a table in
markdown: the overhead of a trial (choosing it, telling its result, judging its epochs; creating its run),
rebuilding a study, reading 1,000 trials from the store, and how long a sweep takes with one worker and with
two. Its runs are kept in a folder for temporary files.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable

from cnnlab.spec import PRESETS
from cnnlab.studies.sweep_plan import Choices, Method, Numbers, Pruning, Sweep

RANGES = (
    Numbers(path="training.learning_rate", low=1e-4, high=1e-1, log=True),
    Numbers(path="model.dense_units", low=16, high=128),
    Choices(path="training.optimizer", values=("adam", "sgd")),
)
TRIALS = 200
MANY = 1000
EPOCHS = 5
ROUNDS = 3


def main() -> None:
    """Measures, prints."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
        print("| what | milliseconds, or as said |\n| --- | --- |")
        for method, pruning in (("random", "none"), ("tpe", "none"), ("tpe", "median"), ("nsga2", "none")):
            row(f"a trial of {TRIALS}: {method}, pruning {pruning}", searching(method, pruning, TRIALS))
        row("a trial's run created in the store", creating(50))
        stored(MANY)
        for workers, seconds in throughput().items():
            print(f"| 8 trials with {workers} at once | {seconds:.1f} s |", flush=True)


def row(what: str, seconds: float) -> None:
    print(f"| {what} | {1000 * seconds:.1f} |", flush=True)


def sweep_of(**options) -> Sweep:
    return Sweep(**({"comparison": PRESETS["small"], "ranges": RANGES, "confirm_seeds": 0} | options))


def searching(method: Method, pruning: Pruning, trials: int) -> float:
    """Seconds a trial, of all that Optuna does for it."""
    from cnnlab.studies.sweep_search import Search

    search = Search(sweep_of(method=method, pruning=pruning, trials=trials))
    began = time.perf_counter()
    under_way = search.advance()
    while under_way:
        asked = under_way.pop(0)
        score = 1 / (1 + abs(asked.point["training.learning_rate"] - 0.01))
        pruned = pruning != "none" and any(
            search.report(asked.number, epoch, score - 1 / epoch) for epoch in range(1, EPOCHS)
        )
        search.end(
            asked.number, "pruned" if pruned else "finished", None if pruned else [score], repeat=False
        )
        under_way += search.advance()
    return (time.perf_counter() - began) / trials


def creating(number: int) -> float:
    """Seconds for one run; the median."""
    from cnnlab import runs

    runs.prepare()
    spec = PRESETS["small"].runs()["model"]
    return statistics.median(timed(lambda: runs.create("model", "one", spec)) for _ in range(number))


def timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def stored(number: int) -> None:
    """Rows on a sweep with so many finished trials: rebuilt, read, and read again."""
    from cnnlab.studies import sweep_progress
    from cnnlab.studies.sweep import SweepDriver
    from cnnlab.studies.sweep_optuna import optuna_study
    from tests.studies.pretended_trainer import PretendedTrainer

    trainer = PretendedTrainer(lambda run: [run.spec.training.learning_rate] * 3)
    driver = SweepDriver(trainer.as_trainer())
    began = time.perf_counter()
    study = driver.start(sweep_of(method="random", trials=number, at_once=16))
    driver.wait(study)
    print(
        f"| {number:,} trials without training, each | {1000 * (time.perf_counter() - began) / number:.0f} |"
    )
    trainer.close()
    progress = sweep_progress.read(study)
    for what, action in {
        f"{number:,} trials read from the store": lambda: sweep_progress.read(study),
        "the same, polled again": lambda: sweep_progress.refreshed(progress),
        "their study rebuilt": lambda: optuna_study(progress),
    }.items():
        row(what, statistics.median(timed(action) for _ in range(ROUNDS)))


def throughput() -> dict[str, float]:
    """Seconds that eight trials take: one training at a time, and one for each worker."""
    from cnnlab.studies.sweep import SweepDriver
    from cnnlab.trainer.cluster import worker_specs
    from cnnlab.trainer.trainer import Trainer
    from cnnlab.worker import gpus

    trainer = Trainer()
    taken: dict[str, list[float]] = {}
    with trainer.running():
        while len(trainer.status().devices) < len(worker_specs(gpus.find())):
            time.sleep(0.2)
        driver = SweepDriver(trainer)
        for number in range(ROUNDS):
            for at_once in (1, 4):
                began = time.perf_counter()
                comparison = PRESETS["small"].with_setting("baseline", None).with_setting("data.images", 2000)
                study = driver.start(
                    sweep_of(
                        comparison=comparison, method="random", trials=8, at_once=at_once, sampler_seed=number
                    )
                )
                driver.wait(study)
                name = (
                    "one trial"
                    if at_once == 1
                    else f"{at_once} trials, on {len(trainer.status().devices)} workers,"
                )
                taken.setdefault(name, []).append(time.perf_counter() - began)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


if __name__ == "__main__":
    main()
