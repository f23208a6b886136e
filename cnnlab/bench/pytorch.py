"""The same networks in PyTorch, as they are usually written; left out if PyTorch is not installed.

Eager mode, `torch.optim.Adam(fused=True)`, the images in memory as tensors and batches by shuffled indices;
no loss is read during the training. Mixed bfloat16 is `torch.autocast`. The initial weights are PyTorch's
own; the speed does not depend on them.
"""

import importlib.util
import itertools
import time
from typing import TYPE_CHECKING

from cnnlab.arithmetic.plan import blocks_of, hidden_units
from cnnlab.bench.competitors import Seconds, images_of
from cnnlab.data.registry import DATASETS
from cnnlab.spec import ConvNetSpec, DenseSpec, RunSpec

if TYPE_CHECKING:
    import torch


def reason_left_out(device: str) -> str:
    """Why PyTorch is not compared with cnnlab on this device, in a sentence; empty if it is."""
    if importlib.util.find_spec("torch") is None:
        return "PyTorch is not installed here ('pip install torch'): left out."
    if device != "CPU":
        return f"PyTorch is compared on a CPU only, and cnnlab trains on {device}: left out."
    return ""


def load() -> None:
    """Loads PyTorch into this process."""
    import torch

    torch.manual_seed(0)


def network(spec: ConvNetSpec | DenseSpec, classes: int) -> "torch.nn.Module":
    """(N, C, H, W) float32 → (N, classes) logits, for networks like those of the lab preset.

    Convolutions without padding or batch normalisation, max pooling, ReLU. Raises `ValueError` for any other
    setting, because a different network would be compared.
    """
    from torch import nn

    blocks = blocks_of(spec)
    if isinstance(spec, ConvNetSpec) and (
        spec.dropout or any((b.pooling, b.padding, b.batch_norm) != ("max", "valid", False) for b in blocks)
    ):
        raise ValueError("Only blocks of unpadded convolution and max pooling are written in PyTorch.")
    if spec.activation != "relu":
        raise ValueError(f"Only ReLU is written in PyTorch, not {spec.activation}.")
    convolutions = itertools.chain.from_iterable(
        (
            nn.LazyConv2d(block.filters, block.kernel_size, block.stride),
            nn.ReLU(),
            nn.MaxPool2d(block.pool_size),
        )
        for block in blocks
    )
    hidden = itertools.chain.from_iterable((nn.LazyLinear(units), nn.ReLU()) for units in hidden_units(spec))
    return nn.Sequential(*convolutions, nn.Flatten(), *hidden, nn.LazyLinear(classes))


def train(spec: RunSpec, epochs: int) -> Seconds:
    """See `cnnlab.bench.competitors`; both times are the same, because it does not validate."""
    import torch

    if spec.training.l2:
        raise ValueError("L2 weight decay is not written in PyTorch, whose own decays the biases too.")
    data, size = images_of(spec.data), spec.training.batch_size
    x, y = (
        torch.from_numpy(data.x_train).permute(0, 3, 1, 2).contiguous(),
        torch.from_numpy(data.y_train).long(),
    )
    model = network(spec.model, len(DATASETS[spec.data.dataset].classes))
    model(x[:1])  # lets the lazy layers infer their shapes
    optimizer = torch.optim.Adam(model.parameters(), lr=spec.training.learning_rate, fused=True)
    half = spec.training.precision == "mixed_bfloat16"
    ends = []
    for _ in range(epochs + 1):
        for batch in torch.randperm(len(y)).split(size):
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                loss = torch.nn.functional.cross_entropy(model(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
        ends.append(time.perf_counter())
    return ends[-1] - ends[0], ends[-1] - ends[0]
