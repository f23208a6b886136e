import weakref
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from cnnlab.data.own import reading
from cnnlab.data.own.archive import zip_files
from cnnlab.data.own.choices import Choices
from cnnlab.data.own.contents import Contents
from cnnlab.data.own.files import folder_files
from cnnlab.data.own.pictures import find_pictures
from cnnlab.data.own.reading import image, read, stored_bytes
from cnnlab.data.picture_files import MAX_PIXELS
from cnnlab.errors import InputRefused
from tests.data.test_upload import png_header
from tests.own_pictures import BLUE, RED, even, pets, saved, unfolded, zipped

SMALL = Choices(height=8, width=10)


def found(files) -> Contents:
    return find_pictures(zip_files(zipped(files)))


def test_pictures_become_a_data_set_with_a_test_part():
    images = read(found(pets(10)), SMALL).images
    assert images.classes == ("cat", "dog")
    assert images.x_train.shape == (16, 8, 10, 3) and images.x_test.shape == (4, 8, 10, 3)
    assert images.y_train.tolist() == [0] * 8 + [1] * 8 and images.y_test.tolist() == [0, 0, 1, 1]
    for x, y in ((images.x_train, images.y_train), (images.x_test, images.y_test)):
        np.testing.assert_array_equal(x[:, 4, 5], np.array([RED, BLUE])[y])


def test_a_zip_and_the_same_folder_give_the_same_images(tmp_path):
    files = {f"{kind}/{n}.png": even((n, 9 * n, 0)) for kind in "ab" for n in range(10)}
    one = read(found(files), SMALL).images
    other = read(find_pictures(folder_files(unfolded(files, tmp_path))), SMALL).images
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, other.arrays[name])


def test_the_seed_decides_which_images_are_for_test():
    files = {f"{kind}/{n}.png": even((n, 0, 0)) for kind in "ab" for n in range(10)}
    tests = [read(found(files), Choices(8, 8, seed=seed)).images.x_test.tobytes() for seed in (0, 0, 1)]
    assert tests[0] == tests[1] != tests[2]


def test_folders_for_test_are_used_as_they_are():
    files = {f"train/{path}": content for path, content in pets(6).items()}
    files |= {f"test/{path}": even("white") for path in pets(2)}
    images = read(found(files), SMALL).images
    assert (len(images.x_train), len(images.x_test)) == (12, 4)
    assert images.x_test[:, 4, 5].min() == 255


def test_the_arrays_are_read_only():
    images = read(found(pets()), SMALL).images
    assert not any(array.flags.writeable for array in images.arrays.values())


KINDS = {
    "16 bit": saved(Image.fromarray(np.full((12, 12), 128 * 257, np.uint16))),
    "CMYK": saved(Image.new("CMYK", (12, 12), (0, 0, 0, 127)), "JPEG"),
    "palette": saved(Image.new("RGB", (12, 12), (128, 128, 128)).quantize(4)),
    "two colours": saved(Image.new("1", (12, 12), 1)),
    "half transparent": saved(Image.new("RGBA", (12, 12), (255, 255, 255, 128))),
    "animated": saved(
        Image.new("L", (12, 12), 128), "GIF", save_all=True, append_images=[Image.new("L", (12, 12), 9)]
    ),
    "WebP": saved(Image.new("RGB", (12, 12), (128, 128, 128)), "WEBP", lossless=True),
}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_picture_is_read(kind, channels):
    files = pets() | {"cat/a.png": KINDS[kind]}
    contents = found(files)
    number = [contents.names(n) for n in range(len(contents.labels))].index("cat/a.png")
    pixels = image(contents, number, Choices(8, 8, channels))
    np.testing.assert_allclose(pixels, 255 if kind == "two colours" else 128, atol=1)


def test_a_turned_photograph_is_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = Image.new("RGB", (16, 8))
    lying.paste("white", (0, 0, 8, 8))  # the left half is the top of the upright picture
    contents = found({"a/1.jpg": saved(lying, "JPEG", exif=exif), "b/1.png": even()})
    pixels = image(contents, 0, Choices(16, 8, 1))[..., 0]
    assert pixels[:7].min() > 200 and pixels[9:].max() < 50


DAMAGED = {"cat/cut.png": saved(Image.effect_noise((64, 64), 50))[:-200], "cat/notes.txt": b"hello"}


def test_files_that_cannot_be_used_are_left_out_and_named():
    read_set = read(found(pets() | DAMAGED), SMALL)
    assert [(file.path, file.reason) for file in read_set.left_out] == [
        ("cat/notes.txt", "it is no picture in PNG, JPEG, WEBP, GIF or BMP"),
        ("cat/cut.png", "it is damaged or incomplete"),
    ]
    whole = read(found(pets()), SMALL).images
    images = read_set.images
    assert len(images.x_train) + len(images.x_test) == len(whole.x_train) + len(whole.x_test)
    np.testing.assert_array_equal(images.x_train[:, 4, 5], np.array([RED, BLUE])[images.y_train])


@pytest.mark.parametrize("path", DAMAGED)
def test_files_that_cannot_be_used_are_refused_on_request(path):
    contents = found(pets() | {path: DAMAGED[path]})
    with pytest.raises(
        InputRefused, match=rf"cannot be used: {path} \(.*set 'Files that cannot be used' to skip"
    ):
        read(contents, Choices(others="refuse"))


def test_a_picture_of_too_many_pixels_is_not_decoded():
    left_out = read(found(pets() | {"cat/huge.png": png_header(8000, 5001)}), SMALL).left_out
    assert [file.reason for file in left_out] == [f"it may have {MAX_PIXELS:,} pixels, and has 8000×5001"]


def test_a_class_that_loses_its_pictures_to_damage_is_refused():
    cut = DAMAGED["cat/cut.png"]
    with pytest.raises(InputRefused, match=r"at least 2 images for training and validation.*'b' has 0 and 0"):
        read(found({f"a/{n}.png": even() for n in range(12)} | {f"b/{n}.png": cut for n in range(3)}), SMALL)


def test_a_class_with_too_few_pictures_is_refused_before_any_is_decoded(monkeypatch):
    monkeypatch.setattr(reading, "image", lambda *_: pytest.fail("a picture was decoded"))
    with pytest.raises(InputRefused, match="'dog' has 2 and 0"):
        read(found({**pets(12), **dict.fromkeys([f"dog/{n}.png" for n in range(2, 12)], b"")}), SMALL)


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        (Choices(height=7), "'Height' must be 8 to 150 pixels, not 7"),
        (Choices(width=151), "'Width' must be 8 to 150 pixels, not 151"),
        (Choices(channels=2), "'Colours' must be 1"),
        (Choices(test_share=0), "'Share for test' must be above 0, 0.5 at most, not 0"),
        (Choices(test_share=0.6), "'Share for test'"),
        (Choices(test_share=float("nan")), "'Share for test'"),
        (Choices(seed=-1), "'Seed of the division' must be 0 or more, not -1"),
        (Choices(names=("a",)), "There must be 2 names of classes, not 1"),
        (Choices(names=("a", "A")), "differ in case only"),
    ],
)
def test_choices_out_of_bounds_are_refused(choices, sentence):
    with pytest.raises(InputRefused, match=sentence):
        read(found(pets()), choices)


def test_classes_can_be_given_other_names():
    assert read(found(pets()), Choices(8, 8, names=("Katze", "Hund"))).images.classes == ("Katze", "Hund")


def test_too_many_pixels_are_refused_before_any_is_read(monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 1_000_000)
    contents = found(pets(50))
    assert stored_bytes(contents, Choices()) == 100 * 64 * 64 * 3
    with pytest.raises(
        InputRefused, match="may take 1 MB, these 100 images need 1 MB: lower 'Height' and 'Width'"
    ):
        read(contents, Choices())


def test_progress_is_told_after_every_picture():
    shares: list[float] = []
    read(found(pets(10)), SMALL, shares.append)
    assert shares == [(n + 1) / 20 for n in range(20)]


def test_no_more_than_one_decoded_picture_is_held_at_a_time():
    contents, decoded, most_held = found(pets(10)), [], []

    def watched(number: int, frame: tuple[int, int]) -> Image.Image:
        most_held.append(sum(picture() is not None for picture in decoded))
        picture = contents.picture(number, frame)
        decoded.append(weakref.ref(picture))
        return picture

    read(replace(contents, picture=watched), SMALL)
    assert len(decoded) == 20 and max(most_held) == 0
