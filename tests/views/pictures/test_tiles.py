from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from cnnlab.views.pictures.tiles import (
    GUTTER,
    TARGET_WIDTH,
    channels_bar_html,
    colorbar_html,
    columns_for,
    scale_limit,
    shown_width,
    shrunk,
    tile_png,
)

ORANGE, GREY, BLUE = (0xF5, 0x93, 0x22, 255), (0xE8, 0xEA, 0xEB, 255), (0x08, 0x77, 0xBD, 255)
BLACK, WHITE, CRIMSON = (0, 0, 0, 255), (255, 255, 255, 255), (0xC2, 0x18, 0x5B, 255)


def pixels(png: bytes) -> np.ndarray:
    """(H, W, 4) uint8."""
    picture = Image.open(BytesIO(png))
    assert (picture.format, picture.mode) == ("PNG", "RGBA")
    return np.asarray(picture)


def pixel_of_each_value(tiles: np.ndarray, *arguments, **options) -> list[tuple[int, ...]]:
    """The colour in the middle of each value of a one-row picture, tile by tile, row by row."""
    picture = pixels(tile_png(tiles, *arguments, columns=len(tiles), **options))
    count, height, width = tiles.shape[:3]
    scale = picture.shape[0] // height
    return [
        tuple(picture[y * scale + scale // 2, n * (width * scale + GUTTER) + x * scale + scale // 2].tolist())
        for n in range(count)
        for y in range(height)
        for x in range(width)
    ]


def test_the_ends_and_the_middle_of_the_diverging_scale_have_its_three_colours():
    tiles = np.array([[[-2.0, 0.0], [2.0, 9.0]]])  # 9 is beyond the scale
    assert pixel_of_each_value(tiles, 2.0) == [ORANGE, GREY, BLUE, BLUE]


def test_half_way_to_an_end_the_colour_is_half_way_too():
    [orange_grey, grey_blue] = pixel_of_each_value(np.array([[[-0.5, 0.5]]]), 1.0)
    np.testing.assert_allclose(orange_grey, np.add(ORANGE, GREY) / 2, atol=2)
    np.testing.assert_allclose(grey_blue, np.add(GREY, BLUE) / 2, atol=2)


def test_all_tiles_share_the_scale_and_stand_in_order():
    tiles = np.array([[[0.1]], [[1.0]], [[-1.0]]])
    faint, blue, orange = pixel_of_each_value(tiles, 1.0)
    assert (blue, orange) == (BLUE, ORANGE)
    np.testing.assert_allclose(faint, np.add(np.multiply(GREY, 0.9), np.multiply(BLUE, 0.1)), atol=2)


def test_grey_runs_from_black_at_zero_to_white_at_the_limit():
    assert pixel_of_each_value(np.array([[[-1.0, 0.0, 1.0]]]), 1.0, "grey") == [BLACK, BLACK, WHITE]


def test_three_channels_are_shown_as_red_green_and_blue():
    colour = np.array([[[[1.0, 0.0, 0.5]]]])
    [image] = pixel_of_each_value(colour, 1.0, "grey")
    [kernel] = pixel_of_each_value(colour, 1.0)
    assert image == (255, 0, 128, 255)
    np.testing.assert_allclose(kernel, (255, 128, 191, 255), atol=1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_stand_out(value):
    assert pixel_of_each_value(np.array([[[value, 0.0]]]), 1.0) == [CRIMSON, GREY]
    assert pixel_of_each_value(np.array([[[[0.0, value, 0.0]]]]), 1.0) == [CRIMSON]


def test_gutters_and_missing_tiles_are_transparent_and_nothing_else_is():
    opaque = pixels(tile_png(np.ones((3, 2, 2)), 1.0, columns=2))[..., 3] == 255
    side = (opaque.shape[0] - GUTTER) // 2
    expected = np.zeros_like(opaque)
    for y, x in ((0, 0), (0, side + GUTTER), (side + GUTTER, 0)):
        expected[y : y + side, x : x + side] = True
    np.testing.assert_array_equal(opaque, expected)


def test_pixels_are_enlarged_without_blur():
    png = tile_png(np.random.default_rng(0).choice([-1.0, 0.0, 1.0], (10, 3, 3)), 1.0)
    colours = {tuple(colour) for colour in pixels(png).reshape(-1, 4).tolist()}
    assert colours == {ORANGE, GREY, BLUE, (0, 0, 0, 0)}


@pytest.mark.parametrize(("count", "side"), [(1, 28), (8, 3), (64, 3), (64, 11), (128, 28), (512, 3)])
def test_a_picture_is_about_as_wide_as_aimed_for(count, side):
    width = pixels(tile_png(np.zeros((count, side, side)), 1.0)).shape[1]
    assert TARGET_WIDTH / 2 < width < TARGET_WIDTH * 1.5


@pytest.mark.parametrize(
    ("count", "columns"), [(1, 1), (2, 2), (7, 4), (10, 5), (64, 8), (128, 16), (512, 32)]
)
def test_columns_are_chosen_for_few_gaps_and_a_picture_no_higher_than_wide(count, columns):
    assert columns_for(count) == columns


@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3, 1), (0, 3, 3), (1, 3, 3, 3, 3)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"Tiles must be \(N, h, w\)"):
        tile_png(np.zeros(shape), 1.0)


@pytest.mark.parametrize("limit", [0.0, -1.0, np.nan, np.inf])
def test_a_limit_that_is_no_positive_number_is_refused(limit):
    with pytest.raises(ValueError, match="must be a positive number"):
        tile_png(np.zeros((1, 3, 3)), limit)


@pytest.mark.parametrize(
    ("arrays", "limit"),
    [
        ([np.array([-3.0, 2.0]), np.array([[1.0]])], 3.0),
        ([np.array([np.nan, np.inf, -0.5])], 0.5),
        ([np.zeros(4)], 1.0),
        ([np.array([np.nan])], 1.0),
        ([], 1.0),
    ],
)
def test_the_shared_limit_is_the_largest_finite_absolute_value_and_never_zero(arrays, limit):
    assert scale_limit(*arrays) == limit


def test_the_legend_names_both_ends_and_the_middle_in_words_too():
    html = colorbar_html(0.12345)
    assert "<span>−0.12</span><span>0</span><span>0.12</span>" in html
    assert 'aria-label="Colour scale from minus 0.12, orange, over 0, grey, to 0.12, blue"' in html
    assert all(colour in html for colour in ("#f59322", "#e8eaeb", "#0877bd"))


def test_the_legend_of_weights_in_colour_says_what_dark_and_full_mean():
    html = channels_bar_html(0.5)
    assert "<span>−0.5</span><span>0</span><span>0.5</span>" in html
    assert 'aria-label="Each of red, green and blue from minus 0.5, dark, over 0, half, to 0.5, full"' in html


@pytest.mark.parametrize("shape", [(2, 8, 8), (2, 32, 32, 3), (3, 20, 30, 3), (2, 150, 150, 3), (1, 7, 150)])
def test_shrunk_tiles_are_the_means_of_blocks_that_are_whole_but_at_the_far_borders(shape):
    tiles = np.random.default_rng(0).normal(size=shape)
    small = shrunk(tiles, 40)
    step = -(-max(shape[1:3]) // 40)
    assert max(small.shape[1:3]) <= 40 and small.shape[3:] == shape[3:]
    for row, column in np.ndindex(small.shape[1:3]):
        block = tiles[:, row * step : (row + 1) * step, column * step : (column + 1) * step]
        np.testing.assert_allclose(small[:, row, column], block.mean(axis=(1, 2)))


def test_what_is_not_finite_stays_so_where_tiles_shrink():
    tiles = np.zeros((1, 4, 4))
    tiles[0, 3, 0] = np.nan
    assert np.isnan(shrunk(tiles, 2)).tolist() == [[[False, False], [True, False]]]


@pytest.mark.parametrize(("size", "width"), [((28, 28), 112), ((20, 30), 112), ((30, 20), 75), ((150, 8), 6)])
def test_the_longer_side_of_a_picture_is_as_long_as_wanted(size, width):
    assert shown_width(*size, 112) == width


@pytest.mark.parametrize("size", [(8, 8), (20, 30), (30, 20), (150, 150), (150, 8)])
def test_a_tile_is_enlarged_by_a_whole_number_until_its_longer_side_is_about_as_long_as_wanted(size):
    height, width = pixels(tile_png(np.zeros((1, *size)), 1.0, columns=1, width=112)).shape[:2]
    assert height % size[0] == width % size[1] == 0 and height // size[0] == width // size[1]
    assert max(height, width) == 150 if max(size) == 150 else 90 <= max(height, width) <= 120
