"""A pad to draw on with mouse, pen or finger: bright ink on black, as the images of the data sets are.

    canvas = drawing_pad.drawing("drawing", "Handwriting (MNIST)")
    image = fit_drawing(canvas, "mnist", (28, 28, 1))

The browser sends the drawing when the pen is lifted, and while it is dragged around. Call it in a
fragment: requests that arrive while a fragment runs are merged and never break it off, so every answer
is finished while the drawing moves. The drawing lives in the browser and stays as it is over reruns
and visits to other pages. Who cannot draw may choose a test image, which the page must offer.
`cnnlab.data.upload` makes an image of the canvas.
"""

from base64 import b64decode
from typing import Any

import numpy as np

from cnnlab.data.pixels import scaled
from cnnlab.errors import PictureRefused
from cnnlab.ui.components.registration import register

SIDE = 140  # pixels of the canvas as it is sent: five for each of 28
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


def drawing(key: str, dataset_title: str) -> np.ndarray:
    """Shows the pad, and returns what is drawn on it: (SIDE, SIDE) float32 in [0, 1], black where empty.

    Args:
        key: The pad's place in the session, to which its drawing belongs.
        dataset_title: What its networks have learnt from, for those who cannot see the pad.

    Raises `PictureRefused` where the browser sent something else than a drawing.
    """
    label = f"Drawing pad, bright ink on black, for a picture as in {dataset_title}. {HINT}"
    state = _component(key=key, data={"key": key, "side": SIDE, "label": label}, on_grey_change=_rerun)
    return decoded(state.grey)


def _rerun() -> None:
    """Nothing more than the rerun that a change brings; naming the state makes it always there."""


def decoded(sent: Any) -> np.ndarray:
    """What the browser sent as (SIDE, SIDE) float32 in [0, 1]; all black before it has sent anything.

    It must be base64 of one byte of grey for each pixel, row by row. Raises `PictureRefused` for anything
    else: whoever writes to the browser's connection can send what they like.
    """
    if sent is None:
        return np.zeros((SIDE, SIDE), np.float32)
    try:
        grey = b64decode(sent, validate=True) if _has_the_length(sent) else b""
    except ValueError:
        grey = b""
    if len(grey) != SIDE * SIDE:
        raise PictureRefused("The drawing did not arrive whole: press 'Clear' on the pad and draw again.")
    return scaled(np.frombuffer(grey, np.uint8).reshape(1, SIDE, SIDE, 1))[0, :, :, 0]


def _has_the_length(sent: Any) -> bool:
    return isinstance(sent, str) and len(sent) == _BASE64_LENGTH
