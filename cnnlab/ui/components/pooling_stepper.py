"""Pooling, explained window by window: what max, average and min keep of the same map, and from where.

The window moves by pointer, keys, buttons or by itself, in the browser alone. The three outputs share
the colour scale of the map.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnnlab.inside.pooling import Kept, PooledMaps, kept, pool
from cnnlab.spec import POOLINGS, PoolingKind
from cnnlab.ui.components.stepper import CONTROLS, HINT, packed, register_stepper, require_scales
from cnnlab.views.pictures.tiles import colorbar_html, scale_limit

_TITLES: dict[PoolingKind, str] = {
    "max": "Max (solid outline)",
    "average": "Average",
    "min": "Min (dashed outline)",
}


def _kind_html(kind: PoolingKind) -> str:
    focus = 'role="application" tabindex="0"' if kind == "max" else 'role="img" tabindex="-1"'  # one Tab stop
    return f"""
    <div class="cnnlab-step-kind-{kind}">
      <p>{_TITLES[kind]}</p>
      <canvas {focus}></canvas>
      <ol class="cnnlab-sum" aria-live="polite"></ol>
      <p class="cnnlab-step-share"></p>
    </div>"""


_HTML = f"""
<div class="cnnlab-stepper cnnlab-pooling" role="group"><div class="cnnlab-step-panels">
  <div class="cnnlab-step-input">
    <p class="cnnlab-step-input-title"></p>
    <canvas role="img"></canvas>
    <div class="cnnlab-step-input-bar"></div>
    <p class="cnnlab-step-dropped"></p>
  </div>
  <div class="cnnlab-step-arithmetic">
    {CONTROLS}
    <p>The window</p>
    <div class="cnnlab-step-grid cnnlab-step-window" role="img"></div>
  </div>
  <div class="cnnlab-step-output">{"".join(map(_kind_html, POOLINGS))}
    <p class="cnnlab-step-hint">{HINT}</p>
  </div>
</div></div>
"""

_component = register_stepper("pooling_stepper", _HTML)


def show_pooling(
    key: str,
    values: np.ndarray,
    size: int,
    *,
    alt: str,
    title: str = "Input map",
    outputs: Mapping[PoolingKind, np.ndarray] | None = None,
    limit: float | None = None,
) -> None:
    """Draws the stepper of one map, or changes the one that stands there; the window stays in place.

    Args:
        key: The stepper's place on the page.
        values: (H, W) numbers, one map that reaches the pooling layer.
        size: Side of the window, and the step from one to the next; rows and columns that do not fill a
            window are dropped, as in the networks of this project.
        alt: What the whole shows, for those who do not see it.
        title: What the map is, such as 'conv_1, map 7 of 64'.
        outputs: Keras's own results, (H', W') each, for the kinds of pooling that it computed; they are
            shown beside the values computed here.
        limit: The colour scale goes from -limit to limit; from the map where not given.

    Raises `ValueError` for other shapes, and for a window that does not fit the map.
    """
    _component(key=key, data=payload(values, size, outputs or {}, limit) | {"title": title, "alt": alt})


def payload(
    values: np.ndarray, size: int, outputs: Mapping[PoolingKind, np.ndarray], limit: float | None
) -> dict[str, Any]:
    """What the browser is sent to draw with; arguments and errors are those of `show_pooling`."""
    if values.ndim != 2:
        raise ValueError(f"The map must be (H, W), not {values.shape}.")
    scale = scale_limit(values) if limit is None else limit
    require_scales(scale)
    maps = values[..., None]
    return {
        "values": packed(values),
        "size": size,
        "kinds": {
            kind: _kind(pool(maps, size, kind), kept(maps, size, kind), outputs.get(kind))
            for kind in POOLINGS
        },
        "dropped": _dropped(values.shape[0] % size, values.shape[1] % size),
        "limit": scale,
        "bar": colorbar_html(scale),
    }


def _kind(pooled: PooledMaps, share: Kept, by_keras: np.ndarray | None) -> dict[str, Any]:
    values = pooled.values[..., 0]
    if by_keras is not None and by_keras.shape != values.shape:
        raise ValueError(f"The output of this pooling must be {values.shape}, not {by_keras.shape}.")
    return {
        "values": packed(values),
        "sources": None
        if pooled.rows is None
        else np.stack([pooled.rows, pooled.columns], axis=-1).ravel().tolist(),
        "keras": None if by_keras is None else packed(by_keras),
        "share": share_text(share),
    }


def share_text(share: Kept) -> str:
    """What pooling keeps, in sentences."""
    energy = "" if share.energy is None else f" and {share.energy:.0%} of the energy (the sum of squares)"
    text = f"Keeps {share.positions:.0%} of the values{energy}."
    if share.error is None:
        return text
    return f"{text} Enlarged to the old size, its squared error is {share.error:.0%} of the map's variance."


def _dropped(rows: int, columns: int) -> str:
    """Which rows and columns do not fill a window, as a sentence; empty where all do."""
    parts = [
        f"the last {noun}" if count == 1 else f"the last {count} {noun}s"
        for count, noun in ((rows, "row"), (columns, "column"))
        if count
    ]
    if not parts:
        return ""
    verb = "does not fill a window and is" if rows + columns == 1 else "do not fill a window and are"
    return f"Hatched: {' and '.join(parts)} {verb} dropped."
