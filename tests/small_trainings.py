"""Trainings of a second: small networks on a few real images, and the events that they report."""

from cnnlab.data.registry import load
from cnnlab.data.split import Split, split
from cnnlab.models import training
from cnnlab.models.events import Event, Outcome, Steps
from cnnlab.spec import PRESETS, ConvBlock, ConvNetSpec, DataSpec, DenseSpec, RunSpec, TrainingSpec
from cnnlab.spec.orders import Orders

CNN = ConvNetSpec(
    blocks=(ConvBlock(filters=4, batch_norm=True), ConvBlock(filters=4)), dense_units=8, dropout=0.2
)
DENSE = DenseSpec(units=8)
TINY = (  # for trainers: their workers train it in a moment
    PRESETS["small"]
    .with_setting("model.blocks.0.filters", 2)
    .with_setting("model.blocks.1.filters", 3)
    .with_setting("model.dense_units", 8)
    .with_setting("baseline.units", 8)
    .with_setting("data.images", 100)
    .with_setting("training.epochs", 1)
)
STEPS = 6  # an epoch: 180 images are left after the split, 32 a step, the last step has 20
Events = list[Event]


def spec_of(network, images: int = 200, **settings) -> RunSpec:
    return RunSpec(
        data=DataSpec(images=images), model=network, training=TrainingSpec(**{"epochs": 2, **settings})
    )


def images_of(spec: RunSpec) -> Split:
    """What the run learns from, with 300 test images to keep the tests short."""
    whole = split(load(spec.data.dataset, spec.data.source), spec.data, spec.training.seed)
    return Split(*list(vars(whole).values())[:4], whole.x_test[:300], whole.y_test[:300])


def train(network, control=Orders, **settings) -> tuple[Outcome, Events]:
    spec, events = spec_of(network, **settings), []
    return training.fit(spec, images_of(spec), events.append, control), events


def of_type(kind, events: Events) -> list:
    return [event for event in events if isinstance(event, kind)]


def losses(events: Events) -> list[float]:
    """The training losses, without that of the untrained network."""
    return [event.loss for event in of_type(Steps, events)]
