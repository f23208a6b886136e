from types import SimpleNamespace

import pytest

from cnnlab.spec import PRESETS, Role
from cnnlab.views.tables.results import difference, result_table

COST = {"model": 4_000_000.0, "baseline": 100_000.0}
PRICE = "An image costs CNN 64-64 40.0 times the multiply-adds of Dense 128."
CHANCE = "One seed alone does not tell how much of the gap is chance."


def with_accuracy(role: Role, accuracy: float) -> SimpleNamespace:
    """As much of a tested run as a verdict looks at."""
    metrics = {
        "test_accuracy": accuracy,
        "test_loss": 0.34567,
        "best_val_accuracy": 0.8765,
        "best_epoch": 4.0,
        "seconds": 12.34,
        "params": 243_786.0,
        "macs": COST[role],
    }
    return SimpleNamespace(spec=PRESETS["lab"].runs()[role], metrics=metrics)


def both(model: float, baseline: float) -> list[SimpleNamespace]:
    return [with_accuracy("model", model), with_accuracy("baseline", baseline)]


def test_without_a_tested_run_the_table_is_empty():
    assert result_table([]).empty


def test_a_tested_run_is_a_row_of_readable_figures():
    assert result_table([with_accuracy("model", 0.8941)]).to_dict("records") == [
        {
            "Network": "CNN 64-64",
            "Test accuracy": "89.4%",
            "Test loss": "0.346",
            "Best validation accuracy": "87.6% in epoch 4",
            "Seconds": "12.3",
            "Parameters": "243,786",
            "Multiply-adds": "4,000,000",
        }
    ]


def test_the_model_stands_above_its_baseline():
    assert list(result_table(both(0.9, 0.8))["Network"]) == ["CNN 64-64", "Dense 128"]


def test_a_single_run_is_told_by_itself():
    sentence = "CNN 64-64 is right on 89.4% of the 2,000 test images."
    assert difference([with_accuracy("model", 0.894)], 2000) == sentence


def test_a_better_model_is_told_by_points_and_by_images():
    assert difference(both(0.895, 0.865), 2000) == (
        "**CNN 64-64 is better than Dense 128 by 3.0 points**: it is right on 60 more of the 2,000 test "
        f"images. {PRICE} {CHANCE}"
    )


def test_a_better_baseline_is_told_the_same_way():
    assert difference(both(0.8000, 0.9235), 2000) == (
        "**Dense 128 is better than CNN 64-64 by 12.3 points**: it is right on 247 more of the 2,000 test "
        f"images. {PRICE} {CHANCE}"
    )


@pytest.mark.parametrize("baseline", [0.895, 0.8950001])  # float32 accuracies differ in the last digits
def test_equal_networks_are_told_as_equal(baseline):
    assert difference(both(0.895, baseline), 2000) == (
        f"CNN 64-64 and Dense 128 are right on equally many of the 2,000 test images. {PRICE}"
    )


def test_one_image_more_is_one_image_more():
    assert "right on 1 more of the 10,000 test images" in difference(both(0.9001, 0.9), 10_000)
