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
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from cnnlab.data.pixels import scaled
from cnnlab.errors import PictureRefused

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

_CSS = f"""
.cnnlab-pad {{
  display: flex; flex-direction: column; gap: 0.5rem; width: {2 * SIDE + 2}px; max-width: 100%;
  color: var(--st-text-color); font-family: var(--st-font); font-size: 0.875rem;
}}
.cnnlab-pad-tools {{ display: flex; flex-wrap: wrap; gap: 0.25rem; }}
.cnnlab-pad button {{
  font: inherit; color: inherit; background: transparent; cursor: pointer; flex: 1 0 auto;
  border: 1px solid var(--st-widget-border-color, var(--st-border-color));
  border-radius: var(--st-button-radius); padding: 0.15rem 0.45rem; min-height: 2rem;
}}
.cnnlab-pad button:hover {{ border-color: var(--st-primary-color); }}
.cnnlab-pad button[aria-pressed=true] {{
  border-color: var(--st-primary-color); box-shadow: inset 0 -3px var(--st-primary-color);
  background: var(--st-secondary-background-color); font-weight: 600;
}}
.cnnlab-pad button[aria-disabled=true] {{ opacity: 0.45; cursor: default; }}
.cnnlab-pad :focus-visible {{ outline: 2px solid var(--st-primary-color); outline-offset: 2px; }}
.cnnlab-pad-frame {{ position: relative; border: 1px solid #808080; background: #000; }}
.cnnlab-pad-frame::after {{  /* the guide: where the middle is */
  content: ""; position: absolute; inset: 0; pointer-events: none;
  background: linear-gradient(#fff4, #fff4) 50% 0 / 1px 100% no-repeat,
              linear-gradient(#fff4, #fff4) 0 50% / 100% 1px no-repeat;
}}
.cnnlab-pad-canvas {{
  display: block; width: 100%; aspect-ratio: 1; cursor: crosshair; touch-action: none; user-select: none;
}}
.cnnlab-pad[data-tool=move] .cnnlab-pad-canvas {{ cursor: move; }}
.cnnlab-pad-width {{ display: flex; align-items: center; gap: 0.5rem; }}
.cnnlab-pad-width input {{ flex: 1; min-width: 0; accent-color: var(--st-primary-color); }}
.cnnlab-pad-hint {{ margin: 0; font-size: 0.8rem; opacity: 0.8; }}
"""

_component = st.components.v2.component(
    "cnnlab_drawing_pad",
    html=_HTML,
    css=_CSS,
    js=(Path(__file__).parent / "drawing_pad.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


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
