from types import SimpleNamespace

import pandas as pd
import pytest

from cnnlab.arithmetic.network import layer_rows
from cnnlab.runs.comparable import Setting
from cnnlab.spec import PRESETS
from cnnlab.views.tables.comparison import layers_frame, results_frame, settings_frame

SHAPE, CLASSES = (28, 28, 1), 10


def run(status: str = "finished", patience: int = 0, **metrics: float) -> SimpleNamespace:
    spec = PRESETS["lab"].with_setting("training.patience", patience).runs()["model"]
    return SimpleNamespace(metrics=metrics, status=status, spec=spec)


CNN = run(test_accuracy=0.91, test_loss=0.3, params=200.0, macs=5000.0, seconds=20.0)
DENSE = run(test_accuracy=0.88, test_loss=0.4, params=100.0, macs=100.0, seconds=2.0)


def rows(name: str, role: str = "model"):
    return layer_rows(PRESETS[name].runs()[role].model, SHAPE, CLASSES)


def test_results_stand_beside_their_distance_to_the_baseline():
    frame = results_frame(["cnn", "dense"], [CNN, DENSE], DENSE).set_index("Run")
    assert frame.loc["cnn", "Test accuracy"] == pytest.approx(91.0)
    assert frame.loc["cnn", "Points"] == pytest.approx(3.0)
    assert frame.loc["cnn", "Loss difference"] == pytest.approx(-0.1)
    assert frame.loc["cnn", "Times the baseline"] == 50
    assert frame.loc["dense", "Points"] == 0


def test_what_a_run_lacks_is_missing_and_nothing_breaks():
    frame = results_frame(["cnn", "cut off"], [CNN, run("failed")], run("failed")).set_index("Run")
    assert pd.isna(frame.loc["cut off", "Test accuracy"]) and pd.isna(frame.loc["cnn", "Points"])
    assert frame.loc["cut off", "State"] == "failed"


def test_where_weights_were_put_back_the_tested_epoch_has_a_column():
    patient = run(patience=3, tested_epoch=4.0)
    frame = results_frame(["a", "b", "c"], [patient, run(tested_epoch=9.0), run()], patient)
    assert frame["Tested epoch"].tolist()[:2] == [4, 9] and pd.isna(frame["Tested epoch"][2])
    assert "Tested epoch" not in results_frame(["b"], [run(tested_epoch=9.0)], patient)


def test_settings_are_rows_and_runs_columns():
    assert settings_frame(["a"], []).columns.tolist() == ["Setting", "a"]
    frame = settings_frame(["a", "b"], [Setting("Epochs", ("5", "7"))])
    assert frame.to_dict("records") == [{"Setting": "Epochs", "a": "5", "b": "7"}]


def test_no_networks_have_no_layers():
    assert layers_frame([], []).to_dict("records") == [{"Layer": "Total"}]


def test_layers_of_the_same_name_share_a_row_in_the_order_of_the_longest_network():
    frame = layers_frame(["lab", "dense", "deep"], [rows("lab"), rows("lab", "baseline"), rows("deep")])
    names = frame["Layer"].tolist()
    assert names == [row.name for row in rows("deep")] + ["Total"]
    by_layer = frame.set_index("Layer")
    assert by_layer.loc["conv_2"].tolist() == ["11×11×64 · 36,928", "–", by_layer.loc["conv_2", "deep"]]
    assert by_layer.loc["flatten", "dense"] == "784"
    assert by_layer.loc["Total", "lab"] == "243,786 parameters"


def test_a_layer_that_only_the_shorter_network_has_comes_after_its_predecessor():
    deep_without_pools = [row for row in rows("deep") if row.type != "MaxPooling2D"]
    names = layers_frame(["deep", "lab"], [deep_without_pools, rows("lab")])["Layer"].tolist()
    assert names.index("pool_1") == names.index("conv_1") + 1
