"""What the connection reports of the trainer and its workers."""

from dataclasses import dataclass
from typing import Literal

from cnnlab import words
from cnnlab.worker.device import Device


@dataclass(frozen=True)
class TrainerStatus:
    """Whether trainings can start, and on which devices."""

    state: Literal["warming up", "ready", "failed"]
    devices: tuple[str, ...] = ()
    """The name of each worker's device."""
    joining: bool = False
    """Whether more workers of the embedded trainer are still to come."""
    problem: str = ""
    """Where it has failed: why, in a sentence."""
    gpu_problem: str = ""
    """Why a GPU that is there is not used, and what mends it; empty where all are."""
    shared_gpu: bool = False
    """Whether the workers train on the same GPU."""
    bfloat16_problem: str = ""
    """Why mixed bfloat16 would not be faster on one of the devices, in a sentence; empty where it would."""

    def __str__(self) -> str:
        """'CPU, 2 workers', '2 × NVIDIA H200', 'NVIDIA H200, 2 workers', or why no training can start."""
        if self.state == "warming up":
            return "Trainer warming up"
        if self.state == "failed":
            return self.problem
        names = sorted(set(self.devices))
        if names == ["CPU"] or (len(names) == 1 and self.shared_gpu):
            return f"{names[0]}, {words.count(len(self.devices), 'worker')}"
        return ", ".join(f"{self.devices.count(name)} × {name}" for name in names)


@dataclass(frozen=True)
class WorkerStatus:
    """One worker as it is now."""

    address: str
    name: str
    device: Device
    trains: tuple[str, ...]
    """The ids of the runs that it trains."""
