"""Studies: questions that take several trainings to answer, and which trainings these are.

A study is made from the comparison in the sidebar. Its arms differ from it, and from each other, in one
setting. An exercise is made from a card of the page Learn.
"""

from collections.abc import Iterable
from typing import Literal

from cnnlab.arithmetic.network import layer_rows, matching_units, totals
from cnnlab.checks import refusals
from cnnlab.data.registry import DATASETS
from cnnlab.errors import InputRefused
from cnnlab.spec import (
    RULES,
    TITLES,
    ComparisonSpec,
    ConvNetSpec,
    DenseSpec,
    Precision,
    Role,
    RunSpec,
    Settings,
    network_title,
)

Kind = Literal["seeds", "parts", "images", "order", "precision", "change"]
Effect = Literal["better", "worse", "no difference"]
Rival = Literal["params", "macs", "none", "max", "average", "min"]

KIND_TITLES: dict[Kind, str] = {
    "seeds": "Seeds",
    "parts": "Which part does the work",
    "images": "Training images",
    "order": "Shuffled pixels",
    "precision": "Half precision",
    "change": "Exercise",
}
# The arms of a study of parts. They are stored with it, and must not change.
RIVAL_TITLES: dict[Rival, str] = {
    "params": "equal in parameters",
    "macs": "equal in multiply-adds",
    "none": "without pooling",
    "max": "with max pooling",
    "average": "with average pooling",
    "min": "with min pooling",
}
IN_WORDS = {
    "equal in parameters": "same number of parameters",
    "equal in multiply-adds": "same computing cost",
}
SIZES = (100, 300, 1_000, 3_000, 10_000, 30_000, 60_000)
LEAST_SEEDS, MOST_SEEDS = 3, 20
MOST_EPOCHS, MOST_PATIENCE = 500, 100
ROLES: tuple[Role, Role] = ("model", "baseline")
PRECISIONS: dict[Role, Precision] = {"model": "mixed_bfloat16", "baseline": "float32"}
PRECISION_NAMES: dict[Precision, str] = {"mixed_bfloat16": "bfloat16", "float32": "float32"}
AS_SET = "as set"  # the arm of the CNN that is compared with every rival
PLAIN, SHUFFLED = "pixels in place", "pixels shuffled"
TOO_FAR = 0.1  # a dense network whose size is off by more is not called equal


class Training(Settings):
    """One network to train: its place in the study, and its settings."""

    arm: str
    role: Role
    spec: RunSpec
    run_id: str = ""
    """An earlier run with the same settings that is used instead; empty if one must be trained."""
    label: str = ""
    """What its network is called in the study; empty where its title says enough."""

    @property
    def network(self) -> str:
        """What its network is called."""
        return self.label or network_title(self.spec.model)

    @property
    def key(self) -> tuple[str, Role]:
        """Identifies it among the trainings of its study."""
        return self.arm, self.role

    @property
    def name(self) -> str:
        """What its run is called: 'Dense 128, seed 3', 'CNN 64-64 without pooling'."""
        if self.arm == AS_SET:
            return self.network
        return (
            f"{self.network} {self.arm}"
            if self.arm.startswith("with")
            else f"{self.network}, {IN_WORDS.get(self.arm, self.arm)}"
        )


class LeftOut(Settings):
    """An arm that cannot be trained, and why, in sentences."""

    arm: str
    reason: str


class Study(Settings):
    """The trainings that together answer one question, in the order in which they start."""

    kind: Kind
    comparison: ComparisonSpec
    trainings: tuple[Training, ...]
    left_out: tuple[LeftOut, ...] = ()
    exercise: str = ""
    """Of an exercise: its title."""
    predicted: Effect | None = None
    """Of an exercise: what the person said that the change would do."""

    @property
    def arms(self) -> list[str]:
        """The arms in their order, without that of the CNN which is compared with every rival."""
        return list(dict.fromkeys(each.arm for each in self.trainings if each.arm != AS_SET))

    @property
    def title(self) -> str:
        """The study in one line."""
        if self.kind == "change":
            return f"{KIND_TITLES[self.kind]}: {self.exercise}, {_spoken(self)} · {self._data}"
        model, baseline = self.comparison.model, self.comparison.baseline
        networks = network_title(model)
        if self.kind not in ("parts", "precision") and baseline:
            networks += f" and {network_title(baseline)}"
        return f"{KIND_TITLES[self.kind]}: {networks}, {_spoken(self)} · {self._data}"

    @property
    def _data(self) -> str:
        return DATASETS[self.comparison.data.dataset].title

    @property
    def networks(self) -> tuple[str, str]:
        """What the model and the baseline of its first arm are called."""
        first = [self.training(self.arms[0], role) for role in ROLES]
        return first[0].network if first[0] else "", first[1].network if first[1] else ""

    def training(self, arm: str, role: Role) -> Training | None:
        """The training of an arm, or else the one that all arms share; None if there is neither."""
        by_key = {each.key: each for each in self.trainings}
        return by_key.get((arm, role)) or by_key.get((AS_SET, role))

    def partner(self, training: Training) -> Training | None:
        """The training that it is compared with; None for a CNN with several rivals."""
        other: Role = "baseline" if training.role == "model" else "model"
        return self.training(training.arm, other)


def _spoken(study: Study) -> str:
    if study.kind in ("seeds", "precision", "change"):
        return f"{len(study.arms)} seeds"
    if study.kind == "parts":
        return study.arms[0] if len(study.arms) == 1 else f"{len(study.arms)} rivals"
    if study.kind == "images":
        return f"up to {study.arms[-1]}"
    number = len(order_arms(study))
    return f"{number} seeds, with and without their order" if number > 1 else "with and without their order"


def seeds(comparison: ComparisonSpec, number: int) -> Study:
    """Both networks with so many seeds, beginning with that of the comparison.

    Raises `InputRefused` where there are fewer than `LEAST_SEEDS` or more than `MOST_SEEDS`.
    """
    return _pairs("seeds", comparison, _seeded(comparison, number))


def _seeded(comparison: ComparisonSpec, number: int) -> dict[str, ComparisonSpec]:
    """Arm → the comparison with its seed. Raises `InputRefused`."""
    if not LEAST_SEEDS <= number <= MOST_SEEDS:
        raise InputRefused(f"A study takes {LEAST_SEEDS} to {MOST_SEEDS} seeds, not {number}.")
    first = comparison.training.seed
    arms = {}
    for seed in range(first, first + number):
        seed %= 2**31  # seeds wrap round to 0
        arms[f"seed {seed}"] = comparison.with_setting("training.seed", seed)
    return arms


def sizes(comparison: ComparisonSpec, up_to: int, same_steps: bool = False) -> Study:
    """Both networks on increasing numbers of training images.

    Args:
        comparison: Its number of images is not used.
        up_to: The largest number, one of `numbers_of_images`.
        same_steps: Whether smaller sets are trained for more epochs, at most `MOST_EPOCHS`, so that every
            network gets the same number of steps. Otherwise all get the same number of epochs.
    """
    arms = {}
    for images in numbers_of_images(comparison):
        if images <= up_to:
            arm = comparison.with_setting("data.images", images)
            if same_steps:
                arm = _longer(arm, up_to / images)
            arms[f"{images:,} images"] = arm
    return _pairs("images", comparison, arms)


def _longer(arm: ComparisonSpec, times: float) -> ComparisonSpec:
    """With so many times the epochs, also those that a schedule or patience counts, as far as allowed."""
    training = arm.training
    changed = {"epochs": min(MOST_EPOCHS, round(training.epochs * times))}
    if training.schedule == "step":
        changed["step_epochs"] = min(MOST_EPOCHS, round(training.step_epochs * times))
    if training.patience:
        changed["patience"] = min(MOST_PATIENCE, round(training.patience * times))
    return arm.model_copy(update={"training": training.model_copy(update=changed)})


def numbers_of_images(comparison: ComparisonSpec) -> list[int]:
    """Numbers of training images to try, evenly spaced on a logarithmic scale; the last is the whole set."""
    available = DATASETS[comparison.data.dataset].train_images[comparison.data.source]
    return [*(size for size in SIZES if size < available), available]


def order(comparison: ComparisonSpec, seeds: int = LEAST_SEEDS) -> Study:
    """Both networks on the images as they are, and with the pixels of all images shuffled in the same way.

    Each with so many seeds, as in `seeds`: with one alone, the difference of two networks' initial weights
    could pass for the effect of shuffling. Raises `InputRefused` as `seeds` does.
    """
    arms = {
        f"{seed}, {pixels}": seeded.with_setting("data.shuffled_pixels", pixels == SHUFFLED)
        for seed, seeded in _seeded(comparison, seeds).items()
        for pixels in (PLAIN, SHUFFLED)
    }
    return _pairs("order", comparison, arms)


def order_arms(study: Study) -> list[tuple[str, str]]:
    """Seed by seed, the arm with pixels in place and the one with shuffled pixels.

    Studies of earlier versions have one seed, which their arms do not name.
    """
    return [(arm, arm.replace(PLAIN, SHUFFLED)) for arm in study.arms if arm.endswith(PLAIN)]


def precision(comparison: ComparisonSpec, seeds: int = LEAST_SEEDS) -> Study:
    """The CNN trained in mixed bfloat16, and beside it the same one in float32, each with the same seeds.

    Raises `InputRefused` as `seeds` does.
    """
    half, single = (
        comparison.with_setting("training.precision", PRECISIONS[role]).runs()["model"] for role in ROLES
    )
    network = network_title(comparison.model)
    labels = tuple(f"{network} in {PRECISION_NAMES[PRECISIONS[role]]}" for role in ROLES)
    trainings = _with_seeds(comparison, (half, single), labels, seeds)
    return Study(kind="precision", comparison=comparison, trainings=trainings)


def change(
    exercise: str,
    comparison: ComparisonSpec,
    specs: tuple[RunSpec, RunSpec],
    labels: tuple[str, str],
    seeds: int,
) -> Study:
    """One network before and after a change of its settings, each with the same seeds.

    In each arm the changed network is the model, and the one before the change its baseline.

    Args:
        exercise: Its title.
        comparison: To which the network before the change belongs.
        specs: Of the changed network and of the one before.
        labels: What these are called.
        seeds: How many, from that of the comparison on.

    Raises `InputRefused` as `seeds` does.
    """
    trainings = _with_seeds(comparison, specs, labels, seeds)
    return Study(kind="change", comparison=comparison, trainings=trainings, exercise=exercise)


def _with_seeds(
    comparison: ComparisonSpec, specs: tuple[RunSpec, RunSpec], labels: tuple[str, ...], seeds: int
) -> tuple[Training, ...]:
    """Two runs, of the model and of the baseline, each with so many seeds. Raises `InputRefused`."""
    return tuple(
        Training(arm=arm, role=role, spec=_with_seed(spec, seeded.training.seed), label=label)
        for arm, seeded in _seeded(comparison, seeds).items()
        for role, label, spec in zip(ROLES, labels, specs, strict=True)
    )


def _with_seed(spec: RunSpec, seed: int) -> RunSpec:
    return spec.model_copy(update={"training": spec.training.model_copy(update={"seed": seed})})


def _pairs(kind: Kind, comparison: ComparisonSpec, arms: dict[str, ComparisonSpec]) -> Study:
    trainings = tuple(
        Training(arm=arm, role=role, spec=spec)
        for arm, changed in arms.items()
        for role, spec in changed.runs().items()
    )
    return Study(kind=kind, comparison=comparison, trainings=trainings)


def parts(comparison: ComparisonSpec, rivals: Iterable[Rival]) -> Study:
    """The CNN against networks in which one of its parts is missing or replaced.

    A rival that cannot be trained is left out, with the reason. Raises `ValueError` where the CNN itself
    is impossible.
    """
    shared = {"data": comparison.data, "training": comparison.training}
    trainings = [Training(arm=AS_SET, role="model", spec=RunSpec(model=comparison.model, **shared))]
    left_out = []
    for rival in rivals:
        arm = RIVAL_TITLES[rival]
        network, reasons = _network(comparison, rival)
        spec = RunSpec(model=network, **shared)
        if reasons := reasons or refusals(spec):
            left_out.append(LeftOut(arm=arm, reason=" ".join(reasons)))
        else:
            trainings.append(Training(arm=arm, role="baseline", spec=spec))
    return Study(kind="parts", comparison=comparison, trainings=tuple(trainings), left_out=tuple(left_out))


def rivals(model: ConvNetSpec) -> list[Rival]:
    """The rivals that differ from a CNN."""
    kinds: tuple[Rival, ...] = ("none", "max", "average", "min")
    return ["params", "macs", *(kind for kind in kinds if _pooled(model, kind) != model)]


def _network(comparison: ComparisonSpec, rival: Rival) -> tuple[ConvNetSpec | DenseSpec, list[str]]:
    """A rival of the CNN, and the reasons why it cannot be used, if any."""
    if rival not in ("params", "macs"):
        return _pooled(comparison.model, rival), []
    info = DATASETS[comparison.data.dataset]
    images = info.input_shape, len(info.classes)
    second = comparison.model.second_dense_units  # a rival lacks the convolutions and nothing else
    units = matching_units(comparison.model, *images, by=rival, second_units=second)
    network = DenseSpec(units=units, activation=comparison.model.activation, second_units=second)
    wanted, reached = (
        getattr(totals(layer_rows(each, *images)), rival) for each in (comparison.model, network)
    )
    if abs(reached - wanted) <= TOO_FAR * wanted:
        return network, []
    closest = f"{units:,} unit{'' if units == 1 else 's'}"
    counted = "parameters" if rival == "params" else "multiply-adds"
    return network, [
        f"The CNN has {wanted:,} {counted}; the dense-only network that comes closest, with {closest}, "
        f"has {reached:,}, since '{TITLES['units']}' must be {RULES['units']}: change '{TITLES['filters']}'."
    ]


def _pooled(model: ConvNetSpec, kind: Rival) -> ConvNetSpec:
    """The CNN with this kind of pooling in each block that pools; in every block if none does."""
    anywhere = any(block.pooling != "none" for block in model.blocks)
    blocks = tuple(
        block.model_copy(update={"pooling": kind}) if block.pooling != "none" or not anywhere else block
        for block in model.blocks
    )
    return model.model_copy(update={"blocks": blocks})


def workload(study: Study) -> str:
    """What there is to train, in a phrase: '10 trainings of 9,000 images, 5 epochs each'."""
    specs = [each.spec for each in study.trainings if not each.run_id]
    images = _span({spec.data.images for spec in specs})
    epochs = _span({spec.training.epochs for spec in specs})
    plural = "s" if len(specs) != 1 else ""
    each = " each" if len(specs) != 1 else ""
    return f"{len(specs)} training{plural} of {images} images, {epochs} epoch{_plural(epochs)}{each}"


def _plural(number: str) -> str:
    return "" if number == "1" else "s"


def _span(numbers: set[int]) -> str:
    low, high = min(numbers, default=0), max(numbers, default=0)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
