"""What a dashboard lets its visitors train, where whoever runs it has set limits in its environment.

They hold in the dashboard alone, not for the commands of whoever runs it.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from cnnlab import words
from cnnlab.errors import InputRefused
from cnnlab.spec import TITLES, ComparisonSpec, RunSpec


@dataclass(frozen=True)
class Limits:
    """None where nothing is limited."""

    parameters: int | None = None
    """Of each network."""
    epochs: int | None = None
    """Of each training, in all."""
    images: int | None = None
    """For training and validation."""
    waiting: int | None = None
    """Trainings of one visitor that wait or are under way."""

    @classmethod
    def of_environment(cls) -> Self:
        """What the environment variables say. Raises `InputRefused` where one is no number above 0."""
        return cls(
            parameters=_number("CNNLAB_MAX_PARAMETERS", os.environ.get("CNNLAB_MAX_PARAMETERS")),
            epochs=_number("CNNLAB_MAX_EPOCHS", os.environ.get("CNNLAB_MAX_EPOCHS")),
            images=_number("CNNLAB_MAX_IMAGES", os.environ.get("CNNLAB_MAX_IMAGES")),
            waiting=_number("CNNLAB_MAX_WAITING", os.environ.get("CNNLAB_MAX_WAITING")),
        )

    @property
    def rules(self) -> str:
        """The limits in one line; empty without any."""
        parts: list[str] = []
        if self.parameters:
            parts.append(f"{self.parameters:,} parameters for each network")
        if self.epochs:
            parts.append(words.count(self.epochs, "epoch"))
        if self.images:
            parts.append(words.count(self.images, "training image"))
        if self.waiting:
            parts.append(f"{words.count(self.waiting, 'training')} of yours that wait or are under way")
        return f"At most {words.listing(parts)} on this dashboard." if parts else ""

    def refusals(self, spec: RunSpec | ComparisonSpec) -> list[str]:
        """One sentence for each limit that settings exceed, with the control that mends it.

        What cannot be trained anywhere is `cnnlab.checks.refusals`' business.
        """
        reasons = [
            _too_many(TITLES[name], limit, value)
            for name, limit, value in (
                ("images", self.images, spec.data.images),
                ("epochs", self.epochs, spec.training.epochs),
            )
            if limit and value > limit
        ]
        return [*reasons, *self._too_large(spec)]

    def _too_large(self, spec: RunSpec | ComparisonSpec) -> list[str]:
        from cnnlab.arithmetic import network  # here, since `app.py` reads the limits before it loads NumPy
        from cnnlab.data import registry

        info = registry.DATASETS.get(spec.data.dataset)
        if self.parameters is None or info is None:
            return []
        images = info.input_shape, len(info.classes)
        runs = spec.runs().values() if isinstance(spec, ComparisonSpec) else [spec]
        possible = [run.model for run in runs if not network.check(run.model, *images)]
        return [reason for model in possible for reason in network.check(model, *images, self.parameters)]

    def refusals_of_all(self, specs: Sequence[RunSpec]) -> list[str]:
        """As `refusals`, of several trainings, each reason once."""
        return list(dict.fromkeys(reason for spec in specs for reason in self.refusals(spec)))

    def too_many(self, new: int, active: int) -> str:
        """Why a visitor may not start so many more trainings, in a sentence; empty where that is allowed.

        `active`: those that wait or are under way.
        """
        if self.waiting is None or not new or active + new <= self.waiting:
            return ""
        most = words.count(self.waiting, "training")
        allowed = f"on this dashboard at most {most} of yours may wait or be under way"
        if new > self.waiting:
            return (
                f"This takes {words.count(new, 'training')}, and {allowed}: choose fewer seeds, rivals or "
                "sizes, or train in the Lab."
            )
        return (
            f"You have {words.count(active, 'training')} that wait or are under way, this takes {new} more, "
            f"and {allowed}: wait until some have ended, or press 'Stop' where they are shown."
        )


NO_LIMITS = Limits()


def _too_many(title: str, limit: int, received: int) -> str:
    return f"{title} must be at most {limit:,} on this dashboard, not {received:,}: lower '{title}'."


def _number(name: str, text: str | None) -> int | None:
    """Raises `InputRefused`."""
    if text is None or not text.strip():
        return None
    plain = text.strip()
    if not (plain.isascii() and plain.isdecimal() and int(plain) > 0):
        raise InputRefused(
            f"The environment variable {name} must be a whole number above 0, not {text!r}: correct or "
            "remove it, and start the dashboard again."
        )
    return int(plain)
