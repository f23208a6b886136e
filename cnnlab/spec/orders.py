"""Orders to a running training: stop, pause, change the learning rate."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Orders:
    """The present orders; a training reads them before every few steps."""

    stop: bool = False
    """End now, and test the network as it is."""
    superseded: bool = False
    """End now without a test: another training takes its place."""
    paused: bool = False
    """Wait until this is False again."""
    pause_after: int | None = None
    """Wait after this epoch."""
    learning_rate: float | None = None
    """Continue with this rate; None keeps the present one."""

    @property
    def ending(self) -> bool:
        """Whether the training is to end."""
        return self.stop or self.superseded

    def waiting(self, epochs_done: int) -> bool:
        """Whether a training that has done so many whole epochs is to wait."""
        due = self.pause_after is not None and epochs_done >= self.pause_after
        return (self.paused or due) and not self.ending
