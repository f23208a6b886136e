"""Pooling, explained window by window: the outputs of max, average and min pooling, and their sources.

The browser moves the window. The three outputs share the colour scale of the map.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnnlab.inside.pooling import PooledMaps, Retention, pool, retention
from cnnlab.spec import POOLINGS, PoolingKind
from cnnlab.ui.components.stepper import CONTROLS, HINT, pack_array, register_stepper, require_scales
from cnnlab.views.pictures.tiles import colorbar_html, scale_limit
from cnnlab.words import listing, percent

_TITLES: dict[PoolingKind, str] = {
    "max": "Max (solid outline)",
    "average": "Average",
    "min": "Min (dashed outline)",
}


FRACTIONS = {1 / 4: "a quarter", 1 / 9: "a ninth", 1 / 16: "a sixteenth"}  # what pools of 2, 3 and 4 keep


def _kind_html(kind: PoolingKind) -> str:
    focus = 'role="application" tabindex="0"' if kind == "max" else 'role="img" tabindex="-1"'  # one Tab stop
    return f"""
    <div class="cnnlab-step-kind-{kind}">
      <p>{_TITLES[kind]}</p>
      <canvas {focus}></canvas>
      <ol class="cnnlab-sum" aria-live="polite"></ol>
      <details class="cnnlab-step-share"><summary></summary><p></p></details>
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
    """Draws the stepper of one map, or changes the one that is there; the window stays in place.

    Args:
        key: Identifies the stepper on the page.
        values: (H, W) numbers, one map that reaches the pooling layer.
        size: Side of the window, and the step from one to the next; rows and columns that do not fill a
            window are dropped, as in the networks of this project.
        alt: The text alternative.
        title: A title for the map, such as 'conv_1, map 7 of 64'.
        outputs: Keras's own results, (H', W') each, for the kinds of pooling that it computed; they are
            shown beside the values computed here.
        limit: The colour scale goes from -limit to limit; by default to the map's largest absolute value.

    Raises `ValueError` for other shapes, and for a window that does not fit the map.
    """
    _component(
        key=key, data=component_data(values, size, outputs or {}, limit) | {"title": title, "alt": alt}
    )


def component_data(
    values: np.ndarray, size: int, outputs: Mapping[PoolingKind, np.ndarray], limit: float | None
) -> dict[str, Any]:
    """The numbers and texts that the browser draws; arguments and errors as for `show_pooling`."""
    if values.ndim != 2:
        raise ValueError(f"The map must be (H, W), not {values.shape}.")
    scale = scale_limit(values) if limit is None else limit
    require_scales(scale)
    maps = values[..., None]
    return {
        "values": pack_array(values),
        "size": size,
        "kinds": {
            kind: _kind(pool(maps, size, kind), retention(maps, size, kind), outputs.get(kind))
            for kind in POOLINGS
        },
        "dropped": _dropped(values.shape[0] % size, values.shape[1] % size),
        "limit": scale,
        "bar": colorbar_html(scale),
    }


def _kind(pooled: PooledMaps, share: Retention, by_keras: np.ndarray | None) -> dict[str, Any]:
    values = pooled.values[..., 0]
    if by_keras is not None and by_keras.shape != values.shape:
        raise ValueError(f"The output of this pooling must be {values.shape}, not {by_keras.shape}.")
    return {
        "values": pack_array(values),
        "sources": _sources(pooled),
        "keras": None if by_keras is None else pack_array(by_keras),
        "share": share_texts(share),
    }


def _sources(pooled: PooledMaps) -> list[int] | None:
    """Row and column in the input of each value, one after the other; None for an average."""
    if pooled.rows is None or pooled.columns is None:
        return None
    return np.stack([pooled.rows, pooled.columns], axis=-1).ravel().tolist()


def share_texts(share: Retention) -> dict[str, str]:
    """How much pooling keeps: `short`, a sentence for everybody, and `details`."""
    energy = "" if share.energy is None else f" and {percent(share.energy, 0)} of the energy (sum of squares)"
    details = f"Exactly {percent(share.positions)} of the values{energy}."
    if share.error is not None:
        details += (
            " Enlarged to the old size, its squared error is "
            f"{percent(share.error, 0)} of the map's variance."
        )
    return {"short": f"Keeps {_fraction(share.positions)} of the values", "details": details}


def _fraction(share: float) -> str:
    return FRACTIONS.get(share, percent(share, 0))


def _dropped(rows: int, columns: int) -> str:
    """A sentence on the rows and columns that do not fill a window; empty where all do."""
    parts = [
        f"the last {noun}" if count == 1 else f"the last {count} {noun}s"
        for count, noun in ((rows, "row"), (columns, "column"))
        if count
    ]
    if not parts:
        return ""
    verb = "does not fill a window and is" if rows + columns == 1 else "do not fill a window and are"
    return f"Hatched: {listing(parts)} {verb} dropped."
