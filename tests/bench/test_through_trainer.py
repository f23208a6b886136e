"""The comparisons that are timed through the trainer."""

from cnnlab.bench.through_trainer import BaselineAlone, never_built
from cnnlab.spec import PRESETS

LAB = PRESETS["lab"]


def test_a_network_never_built_before_differs_from_all_others_in_every_layer_with_weights():
    networks = [LAB, *(never_built(LAB, number) for number in range(3))]
    for size in (
        lambda spec: spec.model.blocks[0].filters,
        lambda spec: spec.model.dense_units,
        lambda spec: spec.baseline.units,
    ):
        assert len({size(spec) for spec in networks}) == 4


def test_the_baseline_alone_is_the_baseline_of_the_same_comparison():
    assert BaselineAlone.of(LAB).runs() == {"baseline": LAB.runs()["baseline"]}
