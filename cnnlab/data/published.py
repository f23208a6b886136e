"""Results that others have published on the data sets, to compare one's own with."""

from typing import NamedTuple


class Published(NamedTuple):
    """One result: its name, and the accuracy in [0, 1] on the full test set."""

    name: str
    accuracy: float


AUTHORS = "the benchmark table of the authors of Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017)"

SOURCES: dict[str, str] = {"fashion-mnist": AUTHORS}
PUBLISHED: dict[str, tuple[Published, ...]] = {
    "fashion-mnist": (
        Published("people", 0.835),
        Published("two convolutions with pooling, least", 0.876),
        Published("MLP 256-128-100", 0.8833),
        Published("two convolutions with pooling, best", 0.916),
        Published("wide ResNet 28-10, random erasing", 0.963),
    )
}
