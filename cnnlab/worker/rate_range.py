"""The learning-rate range test as a worker does it: loads the images and tries a new network."""

from cnnlab.checks import require
from cnnlab.data.registry import load
from cnnlab.data.split import split
from cnnlab.evidence.rate_range import RateRange
from cnnlab.spec import RunSpec


def try_rates(spec: RunSpec) -> RateRange:
    """The losses at rising learning rates; nothing is stored.

    Raises `SettingsRefused` where the settings cannot be trained, `DatasetUnavailable` where the images
    cannot be had.
    """
    from cnnlab.models.rate_range import rate_range

    require(spec)
    data = split(load(spec.data.dataset, spec.data.source), spec.data, spec.training.seed)
    return rate_range(spec, data)
