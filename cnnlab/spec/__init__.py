"""What a person asks for: settings, frozen and validated."""

from cnnlab.spec.choices import OPTIMIZERS, POOLINGS, OptimizerChoice, PoolingChoice, PoolingKind, PoolingType
from cnnlab.spec.dependent import DEPENDENT
from cnnlab.spec.paths import added_at_default, flatten, is_added, unflatten
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
    PixelValues,
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
    "DEPENDENT",
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
    "PixelValues",
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
    "is_added",
    "network_title",
    "sentences",
    "unflatten",
]
