"""A pad to draw on with mouse, pen or finger: bright ink on black, without colours.

    canvas = drawing_pad.drawing("drawing", "Handwriting (MNIST)", steps=28)
    image = fit_drawing(canvas, (28, 28, 1), ground("mnist").framing)

The browser sends the drawing when the pen is lifted, and while the drawing is moved. Call it in a fragment:
requests that arrive while a fragment runs are merged and do not interrupt it, so that the page can answer
while the drawing moves. The drawing is kept in the browser, over reruns and visits to other pages. The
page must also offer test images, for people who cannot draw.
"""

from base64 import b64decode
from typing import Any

import numpy as np

from cnnlab.data.pixels import scaled
from cnnlab.errors import PictureRefused
from cnnlab.ui.components.registration import register

SIDE = 140  # pixels of the canvas as it is sent, whatever the size of the images: five for each of 28
_BASE64_LENGTH = -(-SIDE * SIDE // 3) * 4

HINT = "Arrow keys move the drawing, Ctrl+Z undoes. Without a pointer, choose a test image instead."

_HTML = f"""
<div class="cnnlab-pad">
  <div class="cnnlab-pad-tools" role="group" aria-label="Drawing tools">
    <button type="button" data-tool="pen">Pen</button>
    <button type="button" data-tool="eraser">Eraser</button>
    <button type="button" data-tool="move">Move</button>
    <button type="button" data-action="undo">Undo</button>
    <button type="button" data-action="clear">Clear</button>
  </div>
  <div class="cnnlab-pad-frame">
    <canvas class="cnnlab-pad-canvas" tabindex="0" role="application"></canvas>
  </div>
  <label class="cnnlab-pad-width">Brush width <input type="range" min="4" max="28" step="2"></label>
  <p class="cnnlab-pad-hint">{HINT}</p>
</div>
"""

_component = register("drawing_pad", _HTML)


def drawing(key: str, dataset_title: str, steps: int) -> np.ndarray:
    """Shows the pad, and returns the drawing on it: (SIDE, SIDE) float32 in [0, 1], black where empty.

    Args:
        key: Identifies the pad, and its drawing, in the session.
        dataset_title: The data set whose images are to be drawn, for the text alternative.
        steps: Presses of an arrow key from one edge to the other, such as the pixels along an image's side.

    Raises `PictureRefused` where the browser sent something other than a drawing.
    """
    label = f"Drawing pad, bright ink on black, for a picture as in {dataset_title}. {HINT}"
    state = _component(
        key=key, data={"key": key, "side": SIDE, "steps": steps, "label": label}, on_grey_change=_rerun
    )
    return decode_drawing(state.grey)


def _rerun() -> None:
    """Does nothing: Streamlit runs the page again. With a callback, the state always exists."""


def decode_drawing(sent: Any) -> np.ndarray:
    """What the browser sent, as (SIDE, SIDE) float32 in [0, 1]; all black before it has sent anything.

    It must be base64 of one byte of grey for each pixel, row by row. Raises `PictureRefused` for anything
    else, since anything can be sent over the browser's connection.
    """
    if sent is None:
        return np.zeros((SIDE, SIDE), np.float32)
    try:
        grey = b64decode(sent, validate=True) if _has_right_length(sent) else b""
    except ValueError:
        grey = b""
    if len(grey) != SIDE * SIDE:
        raise PictureRefused(
            "The drawing did not arrive completely: press 'Clear' on the pad and draw again."
        )
    return scaled(np.frombuffer(grey, np.uint8).reshape(1, SIDE, SIDE, 1))[0, :, :, 0]


def _has_right_length(sent: Any) -> bool:
    return isinstance(sent, str) and len(sent) == _BASE64_LENGTH
