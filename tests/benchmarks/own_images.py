"""How fast, and in how much memory, networks train on large data sets of one's own.

To be run by hand, from the folder of the README: `python -m tests.benchmarks.own_images`. Two made-up sets
in colour: one as large as "horses or humans" of the well-known course (1,000 images of 150×150 pixels), and
one of 20,000 images of 64×64. Each is added, loaded, trained on with both networks of the preset, and
compared, in a process of its own, as a worker would; the highest memory of that process is printed. It keeps
nothing, takes some minutes, and ends with status 1 where the many images take 2 GiB or more. (Of the large
ones, most memory is the network's: 10 million weights, and maps of 148×148 for each of 64 filters.)
"""

import json
import os
import resource
import subprocess
import sys
import tempfile

import numpy as np

LIMIT = 2.0  # GiB
MANY = "20,000 of 64×64"
SETS = {  # name → side in pixels, training images, test images, preset
    "1,000 of 150×150": (150, 1000, 200, "lab"),
    MANY: (64, 16_000, 4_000, "small"),
}


def main() -> None:
    """Measures each in a process of its own, prints, judges."""
    print("| data set | network | parameters | images/s | highest memory of the process |")
    print("| --- | --- | --- | --- | --- |")
    met = True
    for name in SETS:
        command = [sys.executable, "-m", "tests.benchmarks.own_images", name]
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"}
            subprocess.run([*command, "add"], env=environment, check=True)
            done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        measured = json.loads(done.stdout.splitlines()[-1])
        for network, params, rate in measured["networks"]:
            print(
                f"| {name} | {network} | {params:,.0f} | {rate:,.0f} | {measured['gib']:.2f} GiB |",
                flush=True,
            )
        met &= name != MANY or measured["gib"] < LIMIT
    sys.exit(not met)


def add(name: str) -> None:
    """Stores the made-up data set: noise, with a bright square that is larger in one of two classes."""
    from cnnlab.runs import own_data

    side, train, test, _ = SETS[name]
    generator = np.random.default_rng(0)

    def images(count: int) -> tuple[np.ndarray, np.ndarray]:
        labels = np.arange(count) % 2
        x = generator.integers(0, 128, (count, side, side, 3), np.uint8)
        for image, label in zip(x, labels, strict=True):
            size = side // 8 * (1 + label)
            row, column = generator.integers(0, side - size, 2)
            image[row : row + size, column : column + size] = 255
        return x, labels

    (x_train, y_train), (x_test, y_test) = images(train), images(test)
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    own_data.add(name, ("small", "large"), arrays)


def measure(name: str) -> None:
    """Trains and compares both networks, and prints what it took, as JSON."""
    from cnnlab import runs
    from cnnlab.cli.settings import chosen
    from cnnlab.cli.train import StopBySignal, summary, train_in_turn
    from cnnlab.runs import own_data

    [dataset] = own_data.named(name)
    epochs = [("training.epochs", 1)]
    images = [("data.images", SETS[name][1])]
    members = train_in_turn(
        chosen(SETS[name][3], [("data.dataset", dataset), *images, *epochs]), StopBySignal()
    )
    print(summary(members), file=sys.stderr)
    curves = runs.curves([run.run_id for run in members.values()])
    rates = curves[curves["metric"] == "images_per_second"].groupby("run_id")["value"].median()
    networks = [(run.name, run.metrics["params"], rates[run.run_id]) for run in members.values()]
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"networks": networks, "gib": gib}))


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif sys.argv[2:] == ["add"]:
        add(sys.argv[1])
    else:
        measure(sys.argv[1])
