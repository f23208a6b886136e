"""What the person at the controls wants of a training under way: plain data, on its way to a worker."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Orders:
    """The wishes in force now; a training asks for them before every few steps."""

    stop: bool = False
    """End here; the network is tested as it is."""
    superseded: bool = False
    """End at once and untested: another training takes its place."""
    paused: bool = False
    """Wait."""
    pause_after: int | None = None
    """Wait once so many epochs are done."""
    learning_rate: float | None = None
    """Go on with this rate; None leaves it as it is."""

    @property
    def ending(self) -> bool:
        """Whether the training is to end."""
        return self.stop or self.superseded

    def waiting(self, epochs_done: int) -> bool:
        """Whether a training that has done so many whole epochs is to wait."""
        due = self.pause_after is not None and epochs_done >= self.pause_after
        return (self.paused or due) and not self.ending
