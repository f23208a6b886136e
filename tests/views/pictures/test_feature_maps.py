import numpy as np

from cnnlab.views.pictures.feature_maps import MAPS_A_PAGE, map_sheet, unit_sheet


def test_maps_are_sorted_by_activity_and_keep_their_numbers():
    maps = np.zeros((2, 3, 3), np.float32)
    maps[..., 1], maps[..., 2] = -2, 1
    sheet = map_sheet(maps)
    assert sheet.numbers.tolist() == [2, 3, 1]
    np.testing.assert_array_equal(sheet.tiles[0], maps[..., 1])
    assert sheet.caption == "3 maps of 2×3, the most active first; 1 is zero everywhere"


def test_of_many_maps_the_most_active_are_shown():
    maps = np.arange(1, 101, dtype=np.float32)[None, None].repeat(2, axis=0)
    sheet = map_sheet(maps)
    assert len(sheet.tiles) == MAPS_A_PAGE and sheet.numbers[0] == 100
    assert sheet.caption.startswith("the 64 most active of 100 maps of 2×1")


def test_units_fill_a_picture_row_by_row():
    picture = unit_sheet(np.arange(10, dtype=np.float32))
    assert picture.shape == (2, 5)
    np.testing.assert_array_equal(picture.ravel(), np.arange(10))
    assert np.isnan(unit_sheet(np.zeros(7))).sum() == unit_sheet(np.zeros(7)).size - 7
