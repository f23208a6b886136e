"""Convolution and pooling at work, pixel by pixel: the trained filters, or a kernel set by hand."""

import numpy as np
import streamlit as st

from cnnlab.data.pixels import WHITE
from cnnlab.errors import InputRefused
from cnnlab.inside.hand_kernels import CONTROL, HAND_KERNELS, RESPONDS_TO, parse_kernel
from cnnlab.runs import Run
from cnnlab.spec import POOLINGS, ConvBlock, PoolingKind, network_title
from cnnlab.ui.cached.answers import ask
from cnnlab.ui.components.convolution_stepper import show_convolution
from cnnlab.ui.components.pooling_stepper import show_pooling
from cnnlab.ui.inside import photograph
from cnnlab.ui.inside.image import Picture
from cnnlab.ui.plain_text import plain
from cnnlab.views.pictures.kernels import CHANNELS
from cnnlab.worker import answers

CHOSEN_IMAGE = "The chosen image"
OWN = "your own"
MEAN = "grey, their mean"
OWN_START = "-1 0 1\n-2 0 2\n-1 0 1"


def show_trained(run: Run, epoch: int, picture: Picture) -> None:
    """One filter of a convolution of the network, over what reaches it."""
    number, block, filter_number = _choose(run, "Filter", "explained_filter")
    name = f"conv_{number}"
    parts = ask(answers.filter_parts, run, epoch, picture.image, name, filter_number - 1)
    title = f"{name}, filter {filter_number} of {block.filters}"
    show_convolution(
        "convolution_at_work",
        parts.maps,
        parts.kernel,
        bias=parts.bias,
        norm=parts.norm,
        activation=run.spec.model.activation,
        padding=block.padding,
        stride=block.stride,
        output=parts.output,
        input_title=picture.title if number == 1 else "Maps that reach it",
        output_title=title,
        alt=f"How {title} of {network_title(run.spec.model)} computes its map of {picture.title}",
        white=WHITE if run.spec.data.pixels == "raw" else 1,
        channels=CHANNELS if number == 1 and parts.maps.shape[-1] == len(CHANNELS) else (),
    )


def show_by_hand(picture: Picture) -> None:
    """A kernel set by hand over the image or a photograph: what a filter is before any learning."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        chosen = st.selectbox(
            "Kernel", [*HAND_KERNELS, OWN], key="hand_kernel", persist_state="session", width=260
        )
        over = st.segmented_control(
            "Slide it over",
            (CHOSEN_IMAGE, photograph.TITLE),
            default=CHOSEN_IMAGE,
            required=True,
            key="kernel_over",
            persist_state="session",
        )
    if chosen == OWN:
        text = st.text_area(CONTROL, OWN_START, key="own_kernel", persist_state="session", width=320)
        try:
            kernel = parse_kernel(text)
        except InputRefused as error:
            st.error(plain(str(error)), icon=":material/block:")
            return
    else:
        kernel = HAND_KERNELS[chosen]
        st.write(RESPONDS_TO[chosen])
    if over == photograph.TITLE:
        photograph.render(kernel, chosen)
        return
    plane, of_plane = _plane(picture.image)
    show_convolution(
        "kernel_at_work",
        plane,
        kernel[..., None],
        padding="same",
        input_title=f"{picture.title}{of_plane}",
        output_title=f"The image through the kernel '{chosen}'",
        alt=f"The kernel '{chosen}' slid over {picture.title}",
    )


def _plane(image: np.ndarray) -> tuple[np.ndarray, str]:
    """The map, (H, W, 1), over which a kernel slides, and what its title adds; a choice for one in colour."""
    if image.shape[-1] == 1:
        return image, ""
    chosen = st.segmented_control(
        "Of the image in colour",
        (MEAN, *CHANNELS),
        default=MEAN,
        required=True,
        key="kernel_channel",
        persist_state="session",
        help="One kernel slides over one map: the mean of red, green and blue, or one of them.",
    )
    if chosen == MEAN:
        return image.mean(axis=-1, keepdims=True), ", in grey"
    number = CHANNELS.index(chosen)
    return image[..., number : number + 1], f", {chosen}"


def show_pooled(run: Run, epoch: int, picture: Picture) -> None:
    """The window of a pooling layer over one map, with max, average and min side by side."""
    number, block, map_number = _choose(run, "Map", "pooled_map")
    outputs = ask(answers.layer_outputs, run, epoch, picture.image)
    maps = outputs[f"conv_{number}"]
    title = f"conv_{number}, map {map_number} of {block.filters}"
    if min(maps.shape[:2]) < block.pool_size:
        st.info(f"The maps are smaller than a window of {block.pool_size}: lower 'Pool size'.")
        return
    st.write(_used(block))
    show_pooling(
        "pooling_at_work",
        maps[..., map_number - 1],
        block.pool_size,
        title=title,
        outputs=_by_keras(block, outputs, number, map_number - 1),
        alt=f"Pooling of {title} by windows of {block.pool_size}×{block.pool_size}",
    )


def _used(block: ConvBlock) -> str:
    if block.pooling == "none":
        return "This block of the network has no pooling; here is what it would do."
    return f"This block of the network uses {POOLINGS[block.pooling].layer}; the other kinds stand beside it."


def _by_keras(
    block: ConvBlock, outputs: dict[str, np.ndarray], number: int, index: int
) -> dict[PoolingKind, np.ndarray]:
    kinds = [kind for kind in POOLINGS if kind == block.pooling]
    return {kind: outputs[f"pool_{number}"][..., index] for kind in kinds}


def _choose(run: Run, what: str, key: str) -> tuple[int, ConvBlock, int]:
    """A block, by its number from 1, and one of its filters or maps, also from 1."""
    with st.container(horizontal=True):
        number = _choose_block(run)
        block = run.spec.cnn.blocks[number - 1]
        chosen = st.number_input(
            f"{what} 1 to {block.filters}", 1, block.filters, key=f"{key}_{number}", width=180
        )
    return number, block, chosen


def _choose_block(run: Run) -> int:
    numbers = range(1, len(run.spec.cnn.blocks) + 1)
    if len(numbers) == 1:
        return 1
    return st.segmented_control(
        "Convolution",
        numbers,
        default=1,
        required=True,
        format_func=lambda n: f"conv_{n}",
        key="block_looked_at",
    )
