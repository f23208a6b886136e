"""How the times of a training are counted."""

from types import SimpleNamespace

import keras

from cnnlab.bench import competitors
from cnnlab.bench.competitors import EventTimes
from cnnlab.models.events import EpochEnd, Steps


def steps_of(epoch: int) -> Steps:
    return Steps(0, epoch, loss=0.0, accuracy=0.0, images_per_second=1.0, learning_rate=0.001, model=None)


def end_of(epoch: int) -> EpochEnd:
    return EpochEnd(0, epoch, 0.0, 0.0, None, {}, keras.Model())


def test_the_first_epoch_is_not_counted_and_validation_is_told_apart(monkeypatch):
    clock = iter([0.0, 5.0, 6.0, 16.0, 18.0, 21.0, 27.0, 30.0])
    monkeypatch.setattr(competitors, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    times = EventTimes()
    for event in [
        end_of(0),
        steps_of(1),
        end_of(1),  # at 6: here the counted time begins
        steps_of(2),  # at 16: 10 s of steps
        end_of(2),  # at 18
        steps_of(3),
        steps_of(3),  # at 27: 9 s of steps
        end_of(3),  # at 30
    ]:
        times.note(event)
    assert times.seconds() == (24.0, 19.0)
