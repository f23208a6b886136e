import pytest

from cnnlab.arithmetic import limits
from cnnlab.arithmetic.network import check, layer_rows, remedies, totals
from cnnlab.spec import PRESETS, DenseSpec
from tests.networks import LAB


@pytest.mark.parametrize(("limit", "total"), [("MAX_PARAMS", "params"), ("MAX_MACS", "macs")])
def test_a_limit_itself_is_allowed_and_one_more_is_too_large(monkeypatch, limit, total):
    size = getattr(totals(layer_rows(LAB.model, (28, 28, 1), 10)), total)
    monkeypatch.setattr(limits, limit, size)
    assert check(LAB.model, (28, 28, 1)) == []
    monkeypatch.setattr(limits, limit, size - 1)
    assert len(check(LAB.model, (28, 28, 1))) == 1
    assert all(check(remedy.model, (28, 28, 1)) == [] for remedy in remedies(LAB.model, (28, 28, 1)))


def test_every_preset_is_within_the_limits_on_the_images_of_the_lab():
    for preset in PRESETS.values():
        assert check(preset.model, (28, 28, 1)) == check(preset.baseline, (28, 28, 1)) == []


def test_a_network_that_is_only_too_large_still_has_its_table():
    huge = DenseSpec(units=16_384)
    assert totals(layer_rows(huge, (32, 32, 3), 10)).params == 50_511_882
