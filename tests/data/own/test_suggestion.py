import pytest

from cnnlab.data.own.archive import zip_files
from cnnlab.data.own.arrays import find_arrays
from cnnlab.data.own.pictures import find_pictures
from cnnlab.data.own.suggestion import suggested
from tests.own_pictures import even, labelled, npz, pets, zipped


def of(*pictures: bytes):
    files = {f"{'ab'[n % 2]}/{n}.png": picture for n, picture in enumerate(pictures)}
    return suggested(find_pictures(zip_files(zipped(files))))


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(32, 32), (32, 32)], (32, 32)),
        ([(40, 20), (40, 20)], (20, 40)),
        ([(640, 480), (640, 480)], (48, 64)),
        ([(32, 32), (33, 32)], (64, 64)),
        ([(7, 7), (7, 7)], (64, 64)),
        ([(1000, 8), (1000, 8)], (64, 64)),
    ],
)
def test_the_size_that_all_pictures_have_is_suggested(sizes, expected):
    choices = of(*(even(size=size) for size in sizes))
    assert (choices.height, choices.width) == expected


def test_colour_is_suggested_where_there_are_colours():
    assert of(even(), even((9, 9, 9))).channels == 3
    assert of(even((9, 9, 9)), even((200, 202, 199))).channels == 1  # grey, saved as colour
    assert of(even(7, mode="L"), even(7, mode="L")).channels == 1


def test_a_damaged_picture_is_left_to_the_reading():
    files = pets(1) | {"cat/0.png": even(size=(400, 400))[:-100], "dog/0.png": even((1, 1, 1))}
    assert suggested(find_pictures(zip_files(zipped(files)))).channels == 1


def test_arrays_keep_their_size():
    choices = suggested(find_arrays(npz(**labelled(shape=(28, 30)))))
    assert (choices.height, choices.width, choices.channels) == (28, 30, 1)
