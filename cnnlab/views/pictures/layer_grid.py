"""A table of pictures: a row for each image, a column for each layer.

It scrolls sideways where there is no room for its columns. Its text takes the page's colour.
"""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from cnnlab.views.pictures.cards import Picture

SMALLEST, LARGEST = 64, 144  # pixels, side of a picture

STYLE = f"""<style>
.cnnlab-layer-grid {{ overflow-x: auto; --cnnlab-side: clamp({SMALLEST}px, 17vw, {LARGEST}px); }}
.cnnlab-layer-grid table {{ border-collapse: collapse; color: inherit; font: inherit; }}
.cnnlab-layer-grid caption {{ text-align: left; font-weight: 600; padding-bottom: 0.4rem; }}
.cnnlab-layer-grid th, .cnnlab-layer-grid td {{ padding: 0 0.3rem 0.5rem 0; border: 0; text-align: left;
  vertical-align: top; font-weight: 400; font-size: 0.8rem; line-height: 1.3; }}
.cnnlab-layer-grid strong, .cnnlab-layer-grid span {{ display: block; }}
.cnnlab-layer-grid thead th {{ vertical-align: bottom; }}
.cnnlab-layer-grid tbody span {{ width: var(--cnnlab-side); }}
.cnnlab-layer-grid img {{ display: block; width: var(--cnnlab-side); image-rendering: pixelated; }}
</style>"""


class Column(NamedTuple):
    """The heading of a column."""

    name: str
    """Of the layer."""
    lines: tuple[str, ...]
    """What is said of it below its name."""


class Row(NamedTuple):
    """An image, and what each layer makes of it."""

    title: str
    pictures: tuple[Picture, ...]
    """One for each column."""


def layer_grid_html(columns: Sequence[Column], rows: Sequence[Row], title: str) -> str:
    """The table as HTML for `st.html`; each row's title stands below its first picture, the image.

    All text is escaped. Raises `ValueError` where a row has not a picture for each column.
    """
    for row in rows:
        if len(row.pictures) != len(columns):
            raise ValueError(
                f"A row must have {len(columns)} pictures, not {len(row.pictures)}: {row.title}."
            )
    headings = "".join(_heading(column) for column in columns)
    body = "".join(_row(row) for row in rows)
    return (
        f'{STYLE}<div class="cnnlab-layer-grid" role="region" tabindex="0" aria-label="{escape(title)}">'
        f"<table><caption>{escape(title)}</caption><thead><tr>{headings}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _heading(column: Column) -> str:
    lines = "".join(f"<span>{escape(line)}</span>" for line in column.lines)
    return f'<th scope="col"><strong>{escape(column.name)}</strong>{lines}</th>'


def _row(row: Row) -> str:
    first, *others = map(_picture, row.pictures)
    cells = "".join(f"<td>{picture}</td>" for picture in others)
    return f'<tr><th scope="row">{first}<span>{escape(row.title)}</span></th>{cells}</tr>'


def _picture(picture: Picture) -> str:
    return f'<img src="{escape(picture.src)}" alt="{escape(picture.text)}">'
