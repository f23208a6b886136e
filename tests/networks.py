"""Networks for the tests of the arithmetic: one by hand, or drawn by hypothesis; small enough for Keras."""

from hypothesis import HealthCheck
from hypothesis import strategies as st

from cnnlab.spec import PRESETS, ConvBlock, ConvNetSpec, DenseSpec

LAB = PRESETS["lab"]
KERAS_IS_SLOW = dict(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])

image_shapes = st.tuples(st.integers(4, 32), st.integers(4, 32), st.sampled_from([1, 3]))
large_shapes = st.tuples(st.integers(8, 150), st.integers(8, 150), st.sampled_from([1, 3]))
square_shapes = image_shapes.map(lambda shape: (shape[0], shape[0], shape[2]))


def with_stride_within_kernel(block: ConvBlock) -> ConvBlock:
    """The block with its stride lowered to its kernel's side: larger ones are refused."""
    return block.model_copy(update={"stride": min(block.stride, block.kernel_size)})


conv_blocks = st.builds(
    ConvBlock,
    filters=st.integers(1, 6),
    kernel_size=st.one_of(st.integers(1, 4), st.integers(1, 11)),
    pool_size=st.one_of(st.integers(2, 3), st.integers(2, 5)),
    pooling=st.sampled_from(["max", "average", "min", "none"]),
    padding=st.sampled_from(["valid", "same"]),
    batch_norm=st.booleans(),
    stride=st.sampled_from([1, 1, 2, 3]),
).map(with_stride_within_kernel)
block_lists = st.lists(conv_blocks, min_size=1, max_size=4)
shared_blocks = st.tuples(conv_blocks, st.integers(1, 4)).map(lambda drawn: [drawn[0]] * drawn[1])
conv_nets = st.builds(
    ConvNetSpec,
    blocks=st.one_of(block_lists, shared_blocks).map(tuple),
    activation=st.sampled_from(["relu", "tanh", "linear"]),
    dense_units=st.integers(1, 12),
    second_dense_units=st.integers(0, 5),
    dropout=st.sampled_from([0.0, 0.3]),
)
dense_nets = st.builds(DenseSpec, units=st.integers(1, 40), second_units=st.integers(0, 20))
networks = st.one_of(conv_nets, conv_nets, conv_nets, conv_nets, dense_nets)


def cnn(*blocks: dict, **head) -> ConvNetSpec:
    """A CNN of blocks that differ from the default in these settings."""
    return ConvNetSpec(blocks=tuple(ConvBlock(**block) for block in blocks), **head)
