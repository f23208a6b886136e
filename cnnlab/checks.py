"""All reasons to refuse a run, in one place, for the sidebar, the command line and the worker.

Single values are validated by `cnnlab.spec`; here are the checks that concern several settings together.
"""

from cnnlab.arithmetic import network
from cnnlab.data import registry
from cnnlab.errors import SettingsRefused
from cnnlab.spec import TITLES, ComparisonSpec, RunSpec, TrainingSpec


def refusals(spec: RunSpec | ComparisonSpec) -> list[str]:
    """One sentence for each reason, with the control that mends it; empty if the spec can be trained."""
    reasons = [*registry.check(spec.data), *_check_training(spec.training)]
    if spec.data.dataset not in registry.DATASETS:
        return reasons
    info = registry.DATASETS[spec.data.dataset]
    runs = spec.runs().values() if isinstance(spec, ComparisonSpec) else [spec]
    for run in runs:
        reasons += network.check(run.model, info.input_shape, len(info.classes))
    return reasons


def _check_training(training: TrainingSpec) -> list[str]:
    """An accuracy above 1 is never reached."""
    if not training.stop_when.endswith("accuracy") or training.stop_at <= 1:
        return []
    return [
        f"{TITLES['stop_at']} must be at most 1, which is an accuracy of 100%, not {training.stop_at:g}: "
        f"change '{TITLES['stop_at']}', or choose a loss under '{TITLES['stop_when']}'."
    ]


def require(spec: RunSpec | ComparisonSpec) -> None:
    """Raises `SettingsRefused` with all reasons, if there are any."""
    reasons = refusals(spec)
    if reasons:
        raise SettingsRefused(" ".join(reasons))
