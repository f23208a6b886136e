import re
from pathlib import Path

import pytest

import cnnlab
from cnnlab.views import palette

PACKAGE = Path(cnnlab.__file__).parent
HEX = re.compile(r"""["'#;: ]#[0-9a-fA-F]{3,8}\b""")


def test_only_the_palette_names_a_colour():
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.parent.glob("pages/*.py")]
    assert len(files) > 100
    naming = {file.name for file in files if HEX.search(file.read_text("utf-8"))}
    assert naming == {"palette.py"}


def test_compared_runs_differ_in_colour_in_marker_and_in_dash():
    lists = (palette.COMPARED_COLORS, palette.COMPARED_SYMBOLS, palette.COMPARED_DASHES)
    assert [len(set(values)) for values in lists] == [6, 6, 6]


def test_the_two_networks_of_a_comparison_differ_by_more_than_colour():
    for values in (palette.COLORS, palette.DASHES, palette.SYMBOLS, palette.NAMES):
        assert values["model"] != values["baseline"]


def test_more_runs_than_markers_begin_again():
    assert palette.compared_symbol(7) == palette.compared_symbol(1) == "square"
    assert palette.compared_dash(6) == palette.compared_dash(0) == "solid"


@pytest.mark.parametrize(("share", "color"), [(0, "#0877bd"), (1, "#c9ced6"), (0.5, "#68a2ca")])
def test_a_mixed_colour_lies_between_both(share, color):
    assert palette.mixed("#0877bd", "#c9ced6", share) == color


def test_a_translucent_colour_is_written_as_css_reads_it():
    assert palette.rgb("#0877bd") == (8, 119, 189)
    assert palette.translucent("#0877bd", 0.25) == "rgba(8, 119, 189, 0.25)"
