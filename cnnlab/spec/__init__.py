"""What a person asks for: settings, frozen and validated."""

from cnnlab.spec.choices import OPTIMIZERS, POOLINGS, OptimizerChoice, PoolingChoice, PoolingKind, PoolingType
from cnnlab.spec.paths import added_at_default, flatten, unflatten
from cnnlab.spec.presets import PRESET_TITLES, PRESETS
from cnnlab.spec.sentences import RULES, TITLES, sentences
from cnnlab.spec.settings import (
    Activation,
    ComparisonSpec,
    ConvBlock,
    ConvNetSpec,
    DataSpec,
    DenseSpec,
    Optimizer,
    Padding,
    Pooling,
    Role,
    RunSpec,
    Schedule,
    Settings,
    Source,
    StopWhen,
    TrainingSpec,
    network_title,
)

__all__ = [
    "OPTIMIZERS",
    "POOLINGS",
    "PRESETS",
    "PRESET_TITLES",
    "RULES",
    "TITLES",
    "Activation",
    "ComparisonSpec",
    "ConvBlock",
    "ConvNetSpec",
    "DataSpec",
    "DenseSpec",
    "Optimizer",
    "OptimizerChoice",
    "Padding",
    "Pooling",
    "PoolingChoice",
    "PoolingKind",
    "PoolingType",
    "Role",
    "RunSpec",
    "Schedule",
    "Settings",
    "Source",
    "StopWhen",
    "TrainingSpec",
    "added_at_default",
    "flatten",
    "network_title",
    "sentences",
    "unflatten",
]
