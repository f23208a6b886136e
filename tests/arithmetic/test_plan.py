import numpy as np
import pytest

from cnnlab.arithmetic.plan import layer_seeds
from cnnlab.spec import DenseSpec
from tests.networks import cnn

BLOCKS = [{"batch_norm": True}, {"pooling": "none"}, {}]


@pytest.mark.parametrize(
    ("network", "drawing"),
    [
        (DenseSpec(), ["dense", "output"]),
        (cnn({}), ["conv_1", "dense", "output"]),
        (cnn(*BLOCKS, dropout=0.2), ["conv_1", "conv_2", "conv_3", "dense", "dropout", "output"]),
    ],
)
def test_every_layer_that_draws_has_a_seed_drawn_from_the_runs_in_the_order_of_the_layers(network, drawing):
    generator = np.random.default_rng(7)
    drawn = [int(generator.integers(2**31 - 1)) for _ in drawing]
    assert list(layer_seeds(network, 7).items()) == list(zip(drawing, drawn, strict=True))
