"""Every reason to refuse a run, in one place: the sidebar, the command line and the worker ask here.

Single values are refused by `cnnlab.spec` as the settings are made; this file judges what only several
settings together can make impossible.
"""

from cnnlab.arithmetic import network
from cnnlab.data import registry
from cnnlab.errors import SettingsRefused
from cnnlab.spec import ComparisonSpec, RunSpec


def refusals(spec: RunSpec | ComparisonSpec) -> list[str]:
    """One sentence for each reason, naming the control that mends it; empty where it can be trained."""
    reasons = registry.check(spec.data)
    if spec.data.dataset not in registry.DATASETS:
        return reasons
    info = registry.DATASETS[spec.data.dataset]
    runs = spec.runs().values() if isinstance(spec, ComparisonSpec) else [spec]
    for run in runs:
        reasons += network.check(run.model, info.input_shape, len(info.classes))
    return reasons


def require(spec: RunSpec | ComparisonSpec) -> None:
    """Raises `SettingsRefused` with the reasons, where there are any."""
    reasons = refusals(spec)
    if reasons:
        raise SettingsRefused(" ".join(reasons))
