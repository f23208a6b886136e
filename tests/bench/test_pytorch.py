"""PyTorch's networks, where PyTorch is installed, and the sentence where it is not."""

import pytest

from cnnlab.arithmetic.network import layer_rows, totals
from cnnlab.bench import pytorch
from cnnlab.spec import PRESETS

LAB = PRESETS["lab"]


@pytest.mark.parametrize(("role", "parameters"), [("model", 243_786), ("baseline", 101_770)])
def test_pytorchs_networks_have_the_parameters_of_keras_networks(role, parameters):
    torch = pytest.importorskip("torch", reason="PyTorch is compared where it is installed")
    network = pytorch.network(LAB.runs()[role].model, 10)
    assert network(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    assert sum(weights.numel() for weights in network.parameters()) == parameters


@pytest.mark.parametrize(
    ("role", "path"), [("model", "model.second_dense_units"), ("baseline", "baseline.second_units")]
)
def test_a_second_dense_layer_is_written_in_pytorch_too(role, path):
    torch = pytest.importorskip("torch", reason="PyTorch is compared where it is installed")
    spec = LAB.with_setting(path, 24).runs()[role].model
    network = pytorch.network(spec, 10)
    network(torch.zeros(2, 1, 28, 28))
    expected = totals(layer_rows(spec, (28, 28, 1), 10)).params
    assert sum(weights.numel() for weights in network.parameters()) == expected


def test_strides_are_written_in_pytorch_too():
    torch = pytest.importorskip("torch", reason="PyTorch is compared where it is installed")
    spec = LAB.with_setting("model.blocks.0.stride", 2).model
    network = pytorch.network(spec, 10)
    sides = [rows.shape[2] for rows in _outputs(network[:6], torch.zeros(1, 1, 28, 28))]
    expected = [row.output_shape[0] for row in layer_rows(spec, (28, 28, 1), 10)[:4]]
    assert [sides[0], sides[2], sides[3], sides[5]] == expected


def _outputs(layers, x) -> list:
    outputs = []
    for layer in layers:
        outputs.append(x := layer(x))
    return outputs


@pytest.mark.parametrize(
    ("path", "value"),
    [("model.dropout", 0.5), ("model.activation", "tanh"), ("model.blocks.1.padding", "same")],
)
def test_a_network_that_is_not_written_in_pytorch_is_refused(path, value):
    pytest.importorskip("torch", reason="PyTorch is compared where it is installed")
    with pytest.raises(ValueError, match="written in PyTorch"):
        pytorch.network(LAB.with_setting(path, value).model, 10)


def test_pytorch_is_left_out_where_it_is_missing_or_a_gpu_trains(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    assert pytorch.reason_left_out("CPU") == ""
    assert "NVIDIA" in pytorch.reason_left_out("NVIDIA H200")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "not installed" in pytorch.reason_left_out("CPU")
