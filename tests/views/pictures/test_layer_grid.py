import pytest

from cnnlab.views.pictures.cards import Picture
from cnnlab.views.pictures.layer_grid import Column, Row, layer_grid_html

COLUMNS = [Column("Image", ("28×28",)), Column("conv_1", ("26×26", "scale ±1.00"))]


def test_a_row_has_its_image_with_its_title_and_then_its_maps():
    row = Row("Test image 1", (Picture("data:a", "the image"), Picture("data:b", "its map")))
    body = layer_grid_html(COLUMNS, [row], "Maps").partition("<tbody>")[2]
    assert body.startswith(
        '<tr><th scope="row"><img src="data:a" alt="the image"><span>Test image 1</span></th>'
        '<td><img src="data:b" alt="its map"></td></tr>'
    )


def test_without_images_there_are_headings_alone():
    table = layer_grid_html(COLUMNS, [], "Maps")
    assert table.count('<th scope="col">') == 2 and "<tbody></tbody>" in table


def test_all_text_is_escaped():
    odd = '<b>"&'
    table = layer_grid_html([Column(odd, (odd,))], [Row(odd, (Picture(odd, odd),))], odd)
    assert "<b>" not in table and table.count("&lt;b&gt;&quot;&amp;") == 7


def test_a_row_that_lacks_a_picture_is_refused():
    with pytest.raises(ValueError, match="must have 2 pictures, not 1"):
        layer_grid_html(COLUMNS, [Row("Test image 1", (Picture("data:a", "the image"),))], "Maps")
