from html.parser import HTMLParser

import pytest

from cnnlab.arithmetic.network import LayerRow, layer_rows, totals
from cnnlab.spec import PRESETS
from cnnlab.views.tables.layers import summary_frame, summary_html

VOID_TAGS = {"br", "img", "input", "meta", "link", "hr"}


class Table(HTMLParser):
    """Every table row as a list of (tag, attributes, text); fails on tags that do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[list]] = []
        self.open: list[str] = []
        self.tags: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert tag not in VOID_TAGS
        self.open.append(tag)
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append([tag, dict(attrs), ""])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"th", "td"} & set(self.open):
            self.rows[-1][-1][2] += data + " "


IMAGE = (28, 28, 1)


def table_of(preset: str) -> tuple[list[LayerRow], Table]:
    rows = layer_rows(PRESETS[preset].model, (28, 28, 1), 10)
    return rows, Table(summary_html(rows, totals(rows), "CNN", IMAGE))


@pytest.mark.parametrize("preset", PRESETS)
def test_each_layer_has_its_numbers_and_below_them_why(preset):
    rows, table = table_of(preset)
    lines = table.rows[1:-2]
    assert len(lines) == 2 * len(rows)
    for row, numbers, why in zip(rows, lines[::2], lines[1::2], strict=True):
        texts = [" ".join(text.split()) for _, _, text in numbers]
        side = row.receptive_field
        field = f"{side}×{side}" + (" (28×28 in the image)" if side > 28 else "")
        shape = "×".join(f"{side:,}" for side in row.output_shape)
        assert texts == [f"{row.name} {row.type}", shape, f"{row.params:,}", f"{row.macs:,}", field]
        assert len(why) == 1
        assert why[0][1]["colspan"] == "5"
        assert row.shape_text in why[0][2]
        assert row.params_text in why[0][2]


def test_columns_and_layers_are_headers_for_screen_readers():
    _, table = table_of("lab")
    assert [(tag, attrs["scope"]) for tag, attrs, _ in table.rows[0]] == [("th", "col")] * 5
    assert all(line[0][0] == "th" and line[0][1]["scope"] == "row" for line in table.rows[1:-2:2])
    assert {"caption", "thead", "tbody", "tfoot"} <= set(table.tags)


def test_the_lab_network_totals_are_shown():
    _, table = table_of("lab")
    assert [text.strip() for _, _, text in table.rows[-2]] == ["Total", "", "243,786", "5,056,000", ""]
    assert table.rows[-1][0][2].strip() == "952.3 KiB as 32-bit floats"


def test_trainable_parameters_are_named_where_they_differ_from_all():
    rows, table = table_of("deep")
    assert f"{totals(rows).trainable_params:,} of the parameters are trainable" in table.rows[-1][0][2]


def test_titles_names_texts_and_colours_cannot_inject_markup():
    evil = '"><script>alert(1)</script>'
    row = LayerRow(evil, evil, (1,), 0, 0, 1, evil, evil)
    html = summary_html([row], totals([row]), evil, IMAGE, color=evil)
    assert "<script" not in html
    assert "script" not in Table(html).tags


def test_the_colour_of_the_network_marks_its_table():
    rows = layer_rows(PRESETS["lab"].model, (28, 28, 1), 10)
    assert "#f59322" in summary_html(rows, totals(rows), "CNN", IMAGE, color="#f59322")
    assert "border-left-color" not in summary_html(rows, totals(rows), "CNN", IMAGE)


def test_a_table_without_layers_is_still_a_table():
    assert len(Table(summary_html([], totals([]), "Nothing", IMAGE)).rows) == 3
    assert summary_frame([]).empty


def test_the_frame_holds_every_number_of_the_rows():
    rows = layer_rows(PRESETS["deep"].model, (28, 28, 1), 10)
    frame = summary_frame(rows)
    assert list(frame.columns) == [
        "layer", "type", "output_shape", "params", "trainable_params", "macs", "receptive_field",
        "shape_text", "params_text",
    ]  # fmt: skip
    assert frame["output_shape"][0] == "28×28×32"
    assert frame["params"].sum() == totals(rows).params
    assert frame["trainable_params"].sum() == totals(rows).trainable_params
    assert frame["macs"].sum() == totals(rows).macs
    for column in ("type", "receptive_field", "shape_text", "params_text"):
        assert list(frame[column]) == [getattr(row, column) for row in rows]
    assert list(frame["layer"]) == [row.name for row in rows]
