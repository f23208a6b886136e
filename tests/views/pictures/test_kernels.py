import numpy as np
import pytest

from cnnlab.views.pictures.kernels import (
    BY_CHANNEL,
    FILTERS_A_PAGE,
    IN_COLOUR,
    MAPS_A_PAGE,
    Page,
    dense_sheet,
    kernel_sheet,
)


def numbered(*shape: int) -> np.ndarray:
    """An array in which every value is another, so that none can be taken for another."""
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def test_filters_on_one_input_map_are_one_tile_each():
    kernels = numbered(3, 3, 1, 12)
    sheet = kernel_sheet(kernels)
    assert sheet.tiles.shape == (12, 3, 3)
    assert sheet.columns is None
    for number, tile in enumerate(sheet.tiles):
        np.testing.assert_array_equal(tile, kernels[:, :, 0, number])
    assert sheet.caption == "12 filters of 3×3 weights"


def test_filters_on_one_input_map_are_all_shown():
    assert len(kernel_sheet(numbered(3, 3, 1, 256)).tiles) == 256


def test_a_row_is_a_filter_and_a_column_an_input_map():
    kernels = numbered(5, 5, 4, 3)
    sheet = kernel_sheet(kernels)
    assert sheet.columns == 4
    assert sheet.tiles.shape == (12, 5, 5)
    for row in range(3):
        for column in range(4):
            np.testing.assert_array_equal(sheet.tiles[4 * row + column], kernels[:, :, column, row])
    assert sheet.caption == (
        "3 filters, each with 5×5 weights for every one of 4 input maps. "
        "Rows: filters 1 to 3; columns: input maps 1 to 4"
    )


@pytest.mark.parametrize(
    "page, filters, maps",
    [
        (Page(), (0, 8), (0, 32)),
        (Page(8, 0), (8, 16), (0, 32)),
        (Page(16, 32), (16, 20), (32, 40)),  # the last of both
    ],
)
def test_a_page_holds_some_filters_and_some_input_maps(page, filters, maps):
    kernels = numbered(2, 2, MAPS_A_PAGE + 8, 2 * FILTERS_A_PAGE + 4)
    sheet = kernel_sheet(kernels, page)
    height, width = filters[1] - filters[0], maps[1] - maps[0]
    assert sheet.columns == width
    tiles = sheet.tiles.reshape(height, width, 2, 2)
    for row in range(height):
        for column in range(width):
            expected = kernels[:, :, maps[0] + column, filters[0] + row]
            np.testing.assert_array_equal(tiles[row, column], expected)
    assert sheet.caption == (
        "20 filters, each with 2×2 weights for every one of 40 input maps. "
        f"Rows: filters {filters[0] + 1} to {filters[1]}; columns: input maps {maps[0] + 1} to {maps[1]}"
    )


def test_a_dense_unit_is_a_picture_with_its_weight_at_every_pixel():
    weights = numbered(4 * 6, 5)  # an image of height 4 and width 6
    sheet = dense_sheet(weights, (4, 6, 1), units=5)
    assert sheet.tiles.shape == (5, 4, 6)
    for unit in range(5):
        for y in range(4):
            for x in range(6):
                assert sheet.tiles[unit, y, x] == weights[6 * y + x, unit]
    assert sheet.caption == "5 units, one weight for every pixel"


def test_the_weights_of_a_dense_unit_for_colours_are_one_picture_in_colour_or_three():
    weights = numbered(2 * 4 * 3, 10)  # images of height 2 and width 4
    coloured = dense_sheet(weights, (2, 4, 3), units=10)
    assert coloured.tiles.shape == (10, 2, 4, 3) and coloured.columns is None
    assert coloured.caption == "10 units, for every pixel a weight for each of red, green and blue"
    apart = dense_sheet(weights, (2, 4, 3), units=10, page=Page(8), colours=BY_CHANNEL)
    assert apart.tiles.shape == (6, 2, 4) and apart.columns == 3
    assert apart.caption.endswith("Rows: units 9 to 10; columns: red, green and blue")
    for unit, y, x, channel in np.ndindex(10, 2, 4, 3):
        weight = weights[3 * (4 * y + x) + channel, unit]
        assert coloured.tiles[unit, y, x, channel] == weight
        if unit >= 8:
            assert apart.tiles[3 * (unit - 8) + channel, y, x] == weight


def test_kernels_over_colours_are_one_picture_each_in_colour_and_rows_of_three_channel_by_channel():
    kernels = numbered(5, 5, 3, 20)
    coloured = kernel_sheet(kernels, colours=IN_COLOUR)
    assert coloured.tiles.shape == (20, 5, 5, 3) and coloured.columns is None
    assert coloured.caption == "20 filters of 5×5 weights for each of red, green and blue"
    apart = kernel_sheet(kernels, Page(16), BY_CHANNEL)
    assert apart.tiles.shape == (12, 5, 5) and apart.columns == 3
    assert apart.caption.endswith("Rows: filters 17 to 20; columns: red, green and blue")
    for number in range(20):
        np.testing.assert_array_equal(coloured.tiles[number], kernels[..., number])
    np.testing.assert_array_equal(apart.tiles[4], kernels[:, :, 1, 17])
    assert "input maps 1 to 3" in kernel_sheet(kernels).caption, "three maps are not colours by themselves"


def test_a_dense_layer_of_which_a_part_was_stored_says_so():
    sheet = dense_sheet(numbered(4, 64), (2, 2, 1), units=128)
    assert len(sheet.tiles) == 64
    assert sheet.caption == "the first 64 of 128 units, one weight for every pixel"
