"""A stored network in a Python that has Keras and no cnnlab."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from cnnlab.models.build import build
from cnnlab.models.portable import portable
from cnnlab.models.training import compile_model
from cnnlab.spec import ConvBlock, ConvNetSpec, TrainingSpec

X = np.random.default_rng(0).random((8, 13, 11, 1), dtype=np.float32)
Y = np.arange(8) % 4
WITHOUT_CNNLAB = """
import sys
import keras, numpy as np
assert not any("cnnlab" in name for name in sys.modules)
folder = sys.argv[1]
x, y = np.load(folder + "/x.npy"), np.load(folder + "/y.npy")
model = keras.models.load_model(folder + "/model.keras")
before = model.predict(x, verbose=0)
model.fit(x, y, batch_size=8, epochs=1, shuffle=False, verbose=0)
np.savez(folder + "/without.npz", before, *model.get_weights())
"""


def trained(padding: str, batch_norm: bool, optimizer: str = "adam") -> keras.Model:
    first = ConvBlock(filters=3, pooling="min", padding=padding, batch_norm=batch_norm)
    spec = ConvNetSpec(blocks=(first, ConvBlock(filters=2)), dense_units=5)
    network = build(spec, X.shape[1:], 4, seed=1)
    compile_model(network, TrainingSpec(optimizer=optimizer))
    network.fit(X, Y, batch_size=4, epochs=1, verbose=0)
    return network


@pytest.mark.parametrize(("padding", "batch_norm"), [("valid", False), ("same", True)])
def test_a_network_with_min_pooling_needs_no_cnnlab(tmp_path, padding, batch_norm):
    network = trained(padding, batch_norm)
    portable(network).save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    (tmp_path / "program.py").write_text(WITHOUT_CNNLAB)
    environment = {**os.environ, "PYTHONPATH": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run(
        [sys.executable, "-P", str(tmp_path / "program.py"), str(tmp_path)],
        check=True,
        cwd=tmp_path,
        env=environment,
    )
    before = network.predict(X, verbose=0)
    network.fit(X, Y, batch_size=8, epochs=1, shuffle=False, verbose=0)
    with np.load(tmp_path / "without.npz") as without:
        predicted, *weights = without.values()
    # Not bit for bit: another process may split its sums among threads in another way.
    np.testing.assert_allclose(predicted, before, rtol=1e-5, atol=1e-7)
    for ours, theirs in zip(network.get_weights(), weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("optimizer", ["adam", "momentum", "rmsprop", "sgd"])
def test_the_optimizers_state_and_rate_are_kept(optimizer):
    network = trained("valid", False, optimizer)
    network.optimizer.learning_rate.assign(0.0123)
    copy = portable(network)
    assert copy.optimizer.get_config() == network.optimizer.get_config()
    for ours, theirs in zip(network.optimizer.variables, copy.optimizer.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


def test_the_file_names_no_layer_of_cnnlab(tmp_path):
    path: Path = tmp_path / "model.keras"
    portable(trained("valid", False)).save(path)
    with zipfile.ZipFile(path) as file:
        assert "cnnlab" not in json.dumps(json.loads(file.read("config.json")))


def test_a_network_of_keras_layers_alone_stays_the_same_object():
    network = build(ConvNetSpec(blocks=(ConvBlock(filters=3),)), X.shape[1:], 4)
    assert portable(network) is network
