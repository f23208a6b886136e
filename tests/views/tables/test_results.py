from types import SimpleNamespace

import numpy as np
import pytest

from cnnlab.evidence.finding import text
from cnnlab.evidence.paired import Paired, paired, verdict
from cnnlab.spec import PRESETS, Role, network_title
from cnnlab.views.tables.results import comparison_findings, result_table

COST = {"model": 4_000_000.0, "baseline": 100_000.0}
PRICE = "CNN 64-64 needs 40.0 times as many multiply-adds per image as Dense 128."
CHANCE = "This is one run each; chance could explain part of the gap. Test it with more seeds."


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


def test_where_weights_were_put_back_the_table_says_of_which_epoch_the_test_is():
    first, second = both(0.9, 0.8)
    first.spec = PRESETS["lab"].with_setting("training.patience", 3).runs()["model"]
    first.metrics["tested_epoch"] = second.metrics["tested_epoch"] = 4.0
    table = result_table([first, second])
    assert list(table["Tested weights"]) == ["of epoch 4, the best", "of the last epoch"]
    assert "Tested weights" not in result_table([second])


def test_the_model_stands_above_its_baseline():
    assert list(result_table(both(0.9, 0.8))["Network"]) == ["CNN 64-64", "Dense 128"]


def counts(both_right: int, only_first: int, only_second: int, images: int) -> Paired:
    answers = [(True, True), (True, False), (False, True), (False, False)]
    neither = images - both_right - only_first - only_second
    table = np.repeat(np.array(answers), [both_right, only_first, only_second, neither], axis=0)
    return paired(*table.T)


def said(tested: list[SimpleNamespace], pairs: Paired | None, test_images: int) -> str:
    names = [network_title(run.spec.model) for run in tested]
    return text(comparison_findings(names, tested, pairs, test_images))


def test_a_single_run_is_described_by_itself():
    sentence = "CNN 64-64 is right on 89.4% of the 2,000 test images."
    assert said([with_accuracy("model", 0.894)], None, 2000) == sentence


def test_with_stored_predictions_the_verdict_is_that_of_the_paired_test():
    pairs = counts(1700, 90, 30, 2000)
    expected = text([verdict("CNN 64-64", "Dense 128", pairs)])
    assert expected.startswith("CNN 64-64 is better than Dense 128 by 3.0 points (95% interval ")
    assert said(both(0.895, 0.865), pairs, 2000) == f"{expected} {PRICE}"


def test_a_lead_whose_interval_holds_zero_is_no_verdict():
    pairs = counts(1700, 62, 60, 2000)
    sentences = said(both(0.881, 0.88), pairs, 2000)
    assert pairs.interval.low < 0 < pairs.interval.high
    assert "is better" not in sentences and sentences.startswith("No clear winner: a gap this large")


@pytest.mark.parametrize(
    "model, baseline, first, second", [(0.895, 0.865, "89.5%", "86.5%"), (0.8, 0.9235, "80.0%", "92.3%")]
)
def test_without_stored_predictions_only_the_accuracies_are_stated(model, baseline, first, second):
    assert said(both(model, baseline), None, 2000) == (
        f"CNN 64-64 is right on {first} and Dense 128 is right on {second} of the 2,000 test images. "
        f"{CHANCE} {PRICE}"
    )


@pytest.mark.parametrize(
    "model, baseline, cost",
    [
        (4e6, 1e5, "CNN 64-64 needs 40.0 times as many multiply-adds per image as Dense 128."),
        (1e5, 4e6, "Dense 128 needs 40.0 times as many multiply-adds per image as CNN 64-64."),
        (1e5, 1e5, "CNN 64-64 and Dense 128 have the same computing cost."),
        (1e5, None, ""),
    ],
)
def test_the_costlier_network_comes_first(model, baseline, cost):
    tested = both(0.9, 0.8)
    for run, macs in zip(tested, (model, baseline), strict=True):
        del run.metrics["macs"]
        run.metrics |= {"macs": macs} if macs else {}
    assert said(tested, None, 2000).endswith(f"{CHANCE} {cost}".strip())
