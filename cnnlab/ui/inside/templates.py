"""Templates against kernels: why a convolution needs so few weights, shown on a matrix one can see whole."""

import numpy as np
import streamlit as st

from cnnlab.arithmetic.shapes import convolved
from cnnlab.data.registry import DATASETS
from cnnlab.inside.kernels import unrolled
from cnnlab.runs import Run
from cnnlab.views.pictures.tiles import colorbar_html, scale_limit, tile_png

SMALL_SIDE = 6  # of the image whose matrix is drawn


def render(run: Run, kernels: np.ndarray) -> None:
    """The first layer of a CNN, (k, k, C, filters), as a dense layer would have to write it."""
    side, count = kernels.shape[0], kernels.shape[3]
    shape = DATASETS[run.spec.data.dataset].input_shape
    maps = convolved(run.spec.cnn, shape, "conv_1")
    inputs, outputs = int(np.prod(shape)), maps.values
    own = kernels.size + (0 if run.spec.cnn.blocks[0].batch_norm else count)
    dense = inputs * outputs
    st.write(
        "A dense unit has one weight for every pixel: a **template** as large as the image. A **kernel** of "
        f"{side}×{side} is used again at every place. A dense layer could do what conv_1 does, by a matrix "
        f"of {inputs:,} × {outputs:,} = **{dense:,} weights**; the convolution has **{own:,}**, "
        f"{dense // own:,} times fewer: nearly all of the others are zero, and the rest are tied."
    )
    if side > SMALL_SIDE:
        st.info(f"The matrix is drawn for kernels up to {SMALL_SIDE}×{SMALL_SIDE}: lower 'Kernel size'.")
        return
    number = st.number_input(f"Filter 1 to {count}", 1, count, key="unrolled_filter", width=180) - 1
    kernel = kernels[..., number].mean(axis=2)
    matrix = unrolled(kernel, SMALL_SIDE, run.spec.cnn.blocks[0].stride)
    limit, places = scale_limit(kernel), len(matrix)
    left, right = st.columns([1, 3])
    left.caption(f"The kernel of filter {number + 1}")
    left.image(
        tile_png(kernel[None], limit), alt=f"The {side}×{side} kernel of filter {number + 1}", width=160
    )
    share = np.count_nonzero(matrix) / matrix.size
    words = (
        f"The same kernel as a dense matrix, for an image of only {SMALL_SIDE}×{SMALL_SIDE}: {places} rows, "
        f"one for each output pixel, {SMALL_SIDE**2} columns, one for each input pixel; {share:.0%} of it "
        "is not zero"
    )
    right.caption(f"{words}.")
    right.image(tile_png(matrix[None], limit), alt=words, width="stretch")
    st.html(colorbar_html(limit))
