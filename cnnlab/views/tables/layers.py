"""The summary table of a network, as HTML and as a DataFrame, from rows of `cnnlab.arithmetic.network`.

The HTML takes its text colour from the page (`inherit`, `currentColor`), so it follows light and dark
themes.
"""

from html import escape

import pandas as pd

from cnnlab.arithmetic.explanations import shape_label
from cnnlab.arithmetic.network import LayerRow, Totals

STYLE = """<style>
.cnnlab-summary { overflow-x: auto; border-left: 4px solid currentColor; padding-left: 0.6rem;
  container-type: inline-size; }
.cnnlab-summary table { width: 100%; border-collapse: collapse; color: inherit; font: inherit; }
.cnnlab-summary caption { text-align: left; font-weight: 600; padding-bottom: 0.4rem; }
.cnnlab-summary th, .cnnlab-summary td { padding: 0.3rem 0.6rem; border: 0;
  text-align: right; vertical-align: top; font-variant-numeric: tabular-nums; white-space: nowrap; }
.cnnlab-summary th { font-weight: 600; }
.cnnlab-summary th:first-child, .cnnlab-summary .explained td { text-align: left; padding-left: 0; }
.cnnlab-summary .type { display: block; font-weight: 400; font-size: 0.85em; opacity: 0.75; }
.cnnlab-summary .explained td { white-space: normal; font-size: 0.85em; opacity: 0.8;
  padding-top: 0; padding-bottom: 0.5rem;
  border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
.cnnlab-summary .explained span { display: block; }
.cnnlab-summary thead th { border-bottom: 2px solid color-mix(in srgb, currentColor 40%, transparent); }
@container (max-width: 600px) {
  .cnnlab-summary th, .cnnlab-summary td { padding-left: 0.35rem; padding-right: 0.35rem; }
}
@container (max-width: 480px) {
  .cnnlab-summary table { font-size: 0.8rem; }
  .cnnlab-summary th, .cnnlab-summary td { padding-left: 0.15rem; padding-right: 0.15rem; }
  .cnnlab-summary thead th { white-space: normal; }
}
</style>"""

HEADINGS = {
    "Layer": "the layer's name and type",
    "Output shape": "height × width × maps, or the number of values",
    "Parameters": "the numbers that the layer stores",
    "Multiply-adds": "multiplications followed by an addition, for one image",
    "Receptive field": "the input pixels that one value depends on",
}


def summary_html(
    rows: list[LayerRow], totals: Totals, title: str, image: tuple[int, ...], color: str | None = None
) -> str:
    """The table as HTML for `st.html`: two lines for each layer, its numbers and their explanation.

    Args:
        rows: The layers.
        totals: Their sums.
        title: The caption.
        image: The shape of the images, (H, W, C): a receptive field is said to be larger where it is.
        color: The network's CSS colour, drawn as a bar beside its table; the text's colour by default.

    All text is escaped.
    """
    bar = f' style="border-left-color: {escape(color)}"' if color else ""
    headings = "".join(
        f'<th scope="col" title="{escape(meaning)}">{name}</th>' for name, meaning in HEADINGS.items()
    )
    body = "".join(_layer(row, image) for row in rows)
    return (
        f'{STYLE}<div class="cnnlab-summary"{bar}><table><caption>{escape(title)}</caption>'
        f"<thead><tr>{headings}</tr></thead><tbody>{body}</tbody><tfoot>{_total(totals)}</tfoot></table></div>"
    )


def summary_frame(rows: list[LayerRow]) -> pd.DataFrame:
    """The table for a download, one row for each layer.

    Columns: layer, type, output_shape (such as "26×26×64"), params, trainable_params, macs
    (multiply-adds per image), receptive_field (side in pixels), shape_text, params_text.
    """
    frame = pd.DataFrame(rows, columns=list(LayerRow._fields)).rename(columns={"name": "layer"})
    frame["output_shape"] = [shape_label(row.output_shape) for row in rows]
    frame.insert(
        list(frame.columns).index("macs"), "trainable_params", [row.trainable_params for row in rows]
    )
    return frame


def _receptive_field(row: LayerRow, image: tuple[int, ...]) -> str:
    """Its size, and what of it lies in the image where it is larger than that."""
    side = row.receptive_field
    inside = [min(side, extent) for extent in image[:2]]
    size = f"{side}×{side}"
    return size if min(inside) == side else f"{size} ({inside[0]}×{inside[1]} in the image)"


def _layer(row: LayerRow, image: tuple[int, ...]) -> str:
    numbers = [
        shape_label(row.output_shape),
        f"{row.params:,}",
        f"{row.macs:,}",
        _receptive_field(row, image),
    ]
    cells = "".join(f"<td>{number}</td>" for number in numbers)
    return (
        f'<tr><th scope="row">{escape(row.name)}<span class="type">{escape(row.type)}</span></th>{cells}</tr>'
        f'<tr class="explained"><td colspan="{len(HEADINGS)}"><span>{escape(row.shape_text)}</span>'
        f"<span>{escape(row.params_text)}</span></td></tr>"
    )


def _total(totals: Totals) -> str:
    notes = [f"{totals.kib:,.1f} KiB as 32-bit floats"]
    if totals.trainable_params != totals.params:
        notes.insert(0, f"{totals.trainable_params:,} of the parameters are trainable")
    return (
        '<tr><th scope="row">Total</th><td></td>'
        f"<td>{totals.params:,}</td><td>{totals.macs:,}</td><td></td></tr>"
        f'<tr class="explained"><td colspan="{len(HEADINGS)}">{"; ".join(notes)}</td></tr>'
    )
