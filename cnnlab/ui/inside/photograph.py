"""A photograph under a kernel and then under pooling, a pixel for each value: it shrinks, and lines stay.

It is given the kernel and does not know where that comes from; single sums are shown by the small image's
stepper.
"""

from typing import NamedTuple

import numpy as np
import streamlit as st

from cnnlab import words
from cnnlab.data.photograph import SIDE, SUBJECT, photograph
from cnnlab.inside.convolution import activate, convolve
from cnnlab.inside.pooling import pool
from cnnlab.spec import POOLINGS, PoolingKind
from cnnlab.views.pictures.tiles import GUTTER, Colormap, colorbar_html, tile_png

TITLE = f"Photograph, {SIDE}×{SIDE}"
PLACE, KEYS = "photograph_pictures", ("photograph_input", "photograph_convolved", "photograph_pooled")
POOL_SIZE = 2
LIMIT = 1.0  # white in the photograph; what a kernel makes of it is drawn on the same scale
RELU_HELP = "Negative values become 0, as after a convolution of a network with ReLU."
WHAT_STAYS: dict[PoolingKind, str] = {
    "max": "a line of high values stays, however thin it is",
    "average": "a line thinner than the window stays, but fainter",
    "min": "a line of high values stays only where it fills the window",
}


class Shrunk(NamedTuple):
    """The photograph on its way."""

    convolved: np.ndarray
    """(H', W') float32; never negative with ReLU."""
    pooled: np.ndarray
    """(⌊H' / 2⌋, ⌊W' / 2⌋) float32."""


def render(kernel: np.ndarray, name: str) -> None:
    """The controls, and the photograph itself, after the kernel and after pooling.

    Args:
        kernel: (k, k) float32.
        name: Of the kernel.
    """
    kind, relu = _choose()
    image = photograph()
    shrunk = shrink(image, kernel, kind, relu)
    signed = bool(shrunk.convolved.min() < 0)
    st.write(_way(image, shrunk, kind))
    through = f"After the kernel '{name}'" + (" and ReLU" if relu else "")
    widths = dict(zip(KEYS, (each.shape[1] for each in (image, *shrunk)), strict=True))
    st.html(_in_proportion(widths))
    with st.container(horizontal=True, gap="small", key=PLACE):
        _draw("photograph_input", image[..., 0], "grey", "The photograph", f"The photograph: {SUBJECT}")
        _draw("photograph_convolved", shrunk.convolved, _colormap(signed), through, through)
        after = f"After {kind} pooling"
        _draw("photograph_pooled", shrunk.pooled, _colormap(signed), after, f"{through}, then {kind} pooling")
    if signed:
        st.html(colorbar_html(LIMIT))
        st.caption("What lies beyond an end of the scale has the colour of that end.")
    else:
        st.caption("All three pictures have one scale: 0 is black, 1 and more is white.")


def shrink(image: np.ndarray, kernel: np.ndarray, kind: PoolingKind, relu: bool) -> Shrunk:
    """An image, (H, W, 1), after a kernel (k, k) without padding, ReLU if wanted, and pooling by 2×2."""
    convolved = convolve(image, kernel[..., None])
    if relu:
        convolved = activate(convolved, "relu")
    return Shrunk(convolved, pool(convolved[..., None], POOL_SIZE, kind).values[..., 0])


def _choose() -> tuple[PoolingKind, bool]:
    """The kind of pooling, and whether ReLU comes before it."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind = st.segmented_control(
            f"Pooling {POOL_SIZE}×{POOL_SIZE}",
            [*POOLINGS],
            default="max",
            required=True,
            key="photograph_pooling",
            persist_state="session",
        )
        relu = st.toggle("ReLU", True, key="photograph_relu", persist_state="session", help=RELU_HELP)
    return kind, relu


def _way(image: np.ndarray, shrunk: Shrunk, kind: PoolingKind) -> str:
    """The sizes on the way, and what pooling keeps."""
    sizes = " → ".join(map(_size, (image, *shrunk)))
    kept = f"{shrunk.pooled.size:,} of {words.count(shrunk.convolved.size, 'value')}"
    return (
        f"{sizes}. Pooling leaves {kept}: of each {POOL_SIZE}×{POOL_SIZE} window {POOLINGS[kind].result}. "
        f"So {WHAT_STAYS[kind]}."
    )


def _draw(key: str, values: np.ndarray, colormap: Colormap, title: str, alt: str) -> None:
    """Values (h, w) as a picture of as many pixels."""
    low, high = (words.number(float(end), 2) for end in (values.min(), values.max()))
    picture = tile_png(values[None], LIMIT, colormap, columns=1, width=values.shape[1] + GUTTER)
    with st.container(key=key, width="content"):
        text = f"{alt}, {_size(values)}, from {low} to {high}"
        st.image(picture, caption=f"{title}, {_size(values)}", alt=text)


def _in_proportion(widths: dict[str, int]) -> str:
    """A style by which pictures of these widths, in pixels by key, shrink together on a narrow screen."""
    largest = max(widths.values())
    rules = [f".st-key-{PLACE} {{ container-type: inline-size; }}"]
    rules += [
        f".st-key-{key} {{ max-width: {100 * width / largest:.2f}cqw; }}" for key, width in widths.items()
    ]
    return f"<style>{' '.join(rules)}</style>"


def _colormap(signed: bool) -> Colormap:
    return "diverging" if signed else "grey"


def _size(values: np.ndarray) -> str:
    height, width = values.shape[:2]
    return f"{height}×{width}"
