"""Templates against kernels: why a convolution needs so few weights, shown on a matrix one can see whole."""

import numpy as np
import streamlit as st

from cnnlab.arithmetic.shapes import convolved
from cnnlab.data.registry import DATASETS
from cnnlab.inside.kernels import unrolled
from cnnlab.runs import Run
from cnnlab.views.pictures.kernels import CHANNELS
from cnnlab.views.pictures.tiles import colorbar_html, scale_limit, tile_png
from cnnlab.words import listing

SMALL_SIDE = 6  # of the image whose matrix is drawn


def render(run: Run, kernels: np.ndarray) -> None:
    """The first layer of a CNN, (k, k, C, filters), as a dense layer would have to write it."""
    side, count = kernels.shape[0], kernels.shape[3]
    shape = DATASETS[run.spec.data.dataset].input_shape
    maps = convolved(run.spec.cnn, shape, "conv_1")
    inputs, outputs = int(np.prod(shape)), maps.values
    own = kernels.size + (0 if run.spec.cnn.blocks[0].batch_norm else count)
    dense = inputs * outputs
    value = "pixel" if shape[2] == 1 else "channel of every pixel"
    st.write(
        f"A dense unit has one weight for every {value}: a **template** as large as the image. A **kernel** "
        f"of {side}×{side} is used again at every place. A dense layer could do what conv_1 does, by a "
        f"matrix of {inputs:,} × {outputs:,} = **{dense:,} weights**; the convolution has **{own:,}**, "
        f"{dense // own:,} times fewer: nearly all of the others are zero, and the rest are tied."
    )
    if side > SMALL_SIDE:
        st.info(f"The matrix is drawn for kernels up to {SMALL_SIDE}×{SMALL_SIDE}: lower 'Kernel size'.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        number = st.number_input(f"Filter 1 to {count}", 1, count, key="unrolled_filter", width=180) - 1
        channel = _choose_channel(kernels.shape[2])
    kernel = kernels[:, :, channel, number]
    of_channel = f", {CHANNELS[channel]}" if kernels.shape[2] > 1 else ""
    matrix = unrolled(kernel, SMALL_SIDE, run.spec.cnn.blocks[0].stride)
    limit, places = scale_limit(kernel), len(matrix)
    left, right = st.columns([1, 3])
    left.caption(f"The kernel of filter {number + 1}{of_channel}")
    left.image(
        tile_png(kernel[None], limit),
        alt=f"The {side}×{side} kernel of filter {number + 1}{of_channel}",
        width=160,
    )
    share = np.count_nonzero(matrix) / matrix.size
    what = (
        f"The same kernel as a dense matrix, for an image of only {SMALL_SIDE}×{SMALL_SIDE}: {places} rows, "
        f"one for each output pixel, {SMALL_SIDE**2} columns, one for each input pixel; {share:.0%} of it "
        "is not zero"
    )
    right.caption(f"{what}.")
    right.image(tile_png(matrix[None], limit), alt=what, width="stretch")
    if of_channel:
        st.caption(
            "For an image in colour there are three such matrices side by side, one for each of "
            f"{listing(CHANNELS)}; what they give is added."
        )
    st.html(colorbar_html(limit))


def _choose_channel(channels: int) -> int:
    """Which channel of an image in colour, counted from 0."""
    if channels == 1:
        return 0
    return st.segmented_control(
        "Channel",
        range(channels),
        default=0,
        required=True,
        format_func=CHANNELS.__getitem__,
        key="unrolled_channel",
        persist_state="session",
    )
