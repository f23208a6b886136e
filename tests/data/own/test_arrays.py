import pickle
import zipfile
from io import BytesIO

import numpy as np
import pytest

from cnnlab.data.own import arrays
from cnnlab.data.own.arrays import find_arrays
from cnnlab.data.own.choices import Choices
from cnnlab.data.own.reading import read
from cnnlab.errors import InputRefused
from tests.own_pictures import labelled, npz

DATA = labelled()
PIXELS = DATA["x_train"]
AS_THEY_ARE = Choices(height=9, width=8)


def contents(**changes):
    return find_arrays(npz(**{**DATA, **changes}))


def pixels_of(found, channels: int = 3) -> np.ndarray:
    """The images of a file that holds a test part, in its order."""
    images = read(found, Choices(9, 8, channels)).images
    return np.concatenate([images.x_train, images.x_test])


def parted(x: np.ndarray, border: int = 16) -> dict[str, np.ndarray]:
    labels = DATA["y_train"]
    return {
        "x_train": x[:border],
        "y_train": labels[:border],
        "x_test": x[border:],
        "y_test": labels[border:],
    }


def test_arrays_become_a_data_set():
    found = contents()
    assert found.classes == ("0", "1") and found.counts.tolist() == [12, 12]
    assert not found.divided and found.notes == () and found.in_colour.all()
    images = read(found, AS_THEY_ARE).images
    assert sorted(x.tobytes() for x in (*images.x_train, *images.x_test)) == sorted(
        x.tobytes() for x in PIXELS
    )
    assert np.bincount(images.y_test).tolist() == [2, 2]


def test_a_test_part_is_used_as_it_is():
    found = find_arrays(npz(**parted(PIXELS), classes=["cat", "dog"]))
    images = read(found, AS_THEY_ARE).images
    assert images.classes == ("cat", "dog")
    for name, array in parted(PIXELS).items():
        np.testing.assert_array_equal(images.arrays[name], array)
    assert found.names(17) == "image 1 of x_test"


def test_images_of_another_size_are_scaled_like_pictures():
    assert read(contents(), Choices(16, 16, 1)).images.x_train.shape[1:] == (16, 16, 1)


@pytest.mark.parametrize("shape", [(9, 8), (9, 8, 1)])
def test_grey_images_may_have_a_channel_or_none(shape):
    grey = labelled(shape=shape)["x_train"]
    found = find_arrays(npz(**parted(grey)))
    assert not found.in_colour.any()
    np.testing.assert_array_equal(pixels_of(found, 1), grey.reshape(24, 9, 8, 1))


@pytest.mark.parametrize(
    ("pixels", "expected", "note"),
    [
        (PIXELS.astype(np.int64), PIXELS, None),
        (PIXELS.astype(np.float32), PIXELS, "with decimals were rounded"),
        (PIXELS / 255, PIXELS, "Pixels from 0 to 1 became 0 to 255."),
        ((PIXELS / 255).astype(np.float16), PIXELS, "Pixels from 0 to 1 became 0 to 255."),
        (PIXELS.astype(np.uint16) * 257, PIXELS, "16 bits"),
        (PIXELS > 127, (PIXELS > 127) * 255, "Pixels from 0 to 1 became 0 to 255."),
        ((PIXELS > 127).astype(np.uint8), (PIXELS > 127) * 255, "Pixels from 0 to 1 became 0 to 255."),
        (np.zeros_like(PIXELS), np.zeros_like(PIXELS), None),
        (PIXELS.astype(">i4"), PIXELS, None),
        (np.asfortranarray(PIXELS), PIXELS, None),
    ],
    ids=[
        "int",
        "float",
        "share",
        "half",
        "16 bit",
        "bool",
        "0 and 1",
        "black",
        "big-endian",
        "columns first",
    ],
)
def test_pixels_of_other_types_are_converted_with_a_note(pixels, expected, note):
    found = find_arrays(npz(**parted(pixels)))
    np.testing.assert_allclose(pixels_of(found).astype(int), expected, atol=1 if pixels.dtype == "f2" else 0)
    assert [True for sentence in found.notes if note and note in sentence] == [True] * bool(note)
    assert len(found.notes) == bool(note)


def test_training_and_test_are_scaled_alike():
    dark = {**parted(PIXELS.astype(np.float64)), "x_test": np.ones((8, 9, 8, 3))}
    assert pixels_of(find_arrays(npz(**dark)))[16:].max() == 1


def test_a_brightest_pixel_just_above_1_is_still_white():
    assert pixels_of(find_arrays(npz(**parted(PIXELS / 254.9)))).max() == 255


def with_nan() -> np.ndarray:
    pixels = PIXELS / 255
    pixels[3, 2, 1, 0] = np.nan
    return pixels


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"x_train": with_nan()}, "x_train has pixels that are no numbers"),
        ({"x_train": PIXELS / -255}, "must not be negative, these are from -1 to"),
        ({"x_train": PIXELS * 2.0}, "from 0 to 1 or from 0 to 255, these are from 0 to 510"),
        ({"x_train": PIXELS.astype(np.int64) * 1000}, "these are from 0 to 255000"),
        ({"x_train": PIXELS.astype(complex)}, "must hold numbers, not complex128: save it as uint8"),
        ({"x_train": PIXELS.astype("U3")}, "must hold numbers, not <U3"),
        ({"x_train": PIXELS.transpose(0, 3, 1, 2)}, r"channels first.*x_train\.transpose\(0, 2, 3, 1\)"),
        (
            {"x_train": PIXELS.reshape(24, -1)},
            r"has the shape \(24, 216\), and must have one of height, width",
        ),
        ({"x_train": PIXELS[..., :2]}, r"has the shape \(24, 9, 8, 2\)"),
        ({"x_train": PIXELS[:, :0]}, r"has the shape \(24, 0, 8, 3\)"),
        ({"x_train": PIXELS[:-1]}, "x_train has 23 images and y_train 24 labels"),
        ({"x_test": PIXELS}, "may hold x_test with y_test"),
        ({"x_test": PIXELS[:, :7], "y_test": DATA["y_train"]}, "must have one size, not 9×8×3 and 7×8×3"),
        (
            {"y_train": np.eye(2)[DATA["y_train"]]},
            r"one label for each image, not 2 columns.*argmax\(axis=1\)",
        ),
        ({"y_train": DATA["y_train"] - 1}, "must be 0 or more, not -1 to 0"),
        ({"y_train": DATA["y_train"] + 0.5}, "must be whole numbers or text"),
        ({"y_train": DATA["y_train"] * np.nan}, "must be whole numbers or text"),
        ({"y_train": np.zeros(24, int)}, r"must have 2 to 100 classes, not 1"),
        ({"y_train": np.arange(24) * 10**8}, "must be 0 or more, not 0 to 2.3e"),
        ({"y_train": np.array([b"\xff", b"a"] * 12)}, "y_train is no text in UTF-8"),
        ({"y_train": np.array(["Cat", "cat"] * 12)}, "differ in case only"),
        ({"classes": np.array([1, 2])}, "'classes' must hold the names of the classes as text"),
        ({"classes": np.array(["cat"])}, "has 1 name, not one for each of 2 labels up to 1"),
        ({"x_test": PIXELS, "y_test": np.array(["a", "b"] * 12)}, "must both be numbers or both text"),
    ],
)
def test_arrays_that_cannot_be_used_are_refused_with_advice(changes, sentence):
    with pytest.raises(
        InputRefused, match=f"{sentence}.*choose the file again under 'Your images'|{sentence}"
    ):
        contents(**changes)


def test_more_classes_than_images_are_refused():
    with pytest.raises(InputRefused, match=r"A class must have at least 2 images"):
        read(contents(y_train=np.arange(24)), AS_THEY_ARE)


def test_ten_thousand_classes_are_refused():
    many = np.zeros((10_000, 8, 8), np.uint8)
    with pytest.raises(InputRefused, match="must have 2 to 100 classes, not 10,000"):
        find_arrays(npz(x_train=many, y_train=np.arange(10_000)))
    with pytest.raises(InputRefused, match="must have 2 to 100 classes, not 10,000"):
        find_arrays(npz(x_train=many, y_train=np.arange(10_000).astype(str)))


@pytest.mark.parametrize(
    ("labels", "names", "classes", "note"),
    [
        ([1, 2], None, ("1", "2"), "began with 1"),
        ([1, 2], ["cat", "dog"], ("cat", "dog"), "began with 1"),
        ([0, 5], None, ("0", "5"), "have gaps, and were numbered anew"),
        ([0, 5], ["cat", "dog"], ("cat", "dog"), "got the names in 'classes' in their order"),
        ([0, 2], ["cat", "cow", "dog"], ("cat", "dog"), "1 class without images left out"),
        (["dog", "cat"], None, ("cat", "dog"), "text, and became the names"),
        ([b"dog", b"cat"], None, ("cat", "dog"), "text, and became the names"),
        (["10", "9"], None, ("9", "10"), "text, and became the names"),
        (["dog", "cat"], ["a", "b"], ("cat", "dog"), "'classes' were not used"),
        ([0.0, 1.0], [b"cat", b"dog"], ("cat", "dog"), None),
        ([False, True], None, ("0", "1"), None),
    ],
)
def test_labels_become_numbers_from_0_with_names(labels, names, classes, note):
    given = np.array(labels * 12)
    found = contents(y_train=given, **({} if names is None else {"classes": names}))
    assert found.classes == classes
    assert any(note in sentence for sentence in found.notes) if note else found.notes == ()
    texts = [label.decode() if isinstance(label, bytes) else label for label in labels]
    if isinstance(texts[0], str):
        assert [classes[number] for number in found.labels[:2]] == texts
    else:
        assert found.labels[:2].tolist() == [0, 1]


def test_labels_may_be_a_column():
    assert contents(y_train=DATA["y_train"][:, None]).counts.tolist() == [12, 12]


def test_arrays_with_other_names_are_refused_or_left_out():
    with pytest.raises(
        InputRefused, match=r"must hold x_train and y_train.*it holds images and labels: rename"
    ):
        find_arrays(npz(images=PIXELS, labels=DATA["y_train"]))
    with pytest.raises(InputRefused, match="it holds nothing"):
        find_arrays(npz())
    assert contents(x_val=PIXELS, more=PIXELS).notes == ("Not used: more and x_val.",)


class Trap:
    """Fails the test where it is unpickled."""

    def __reduce__(self):
        return pytest.fail, ("it was unpickled",)


@pytest.mark.parametrize("name", ["x_train", "y_train", "classes"])
def test_python_objects_are_refused_and_never_loaded(name):
    with pytest.raises(InputRefused, match=f"{name} holds Python objects, which are never loaded"):
        contents(**{name: np.array([Trap()] * 24, object)})


def with_member(name: str, content: bytes) -> BytesIO:
    file = npz(**{key: array for key, array in DATA.items() if f"{key}.npy" != name})
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, content)
    file.seek(0)
    return file


def npy(shape: str, descr: str = "|u1", version: bytes = b"\x01\x00") -> bytes:
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY" + version + len(header).to_bytes(2 if version[0] == 1 else 4, "little") + header


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        pickle.dumps(Trap()),
        npy("(24, 9, 8, 3)"),
        npy("(-1, 9, 8, 3)"),
        npy("(24, 9"),
        npy("(24, 9, 8, 3)", version=b"\x09\x00"),
        b"\x93NUMPY\x02\x00\xff\xff\xff\x7f",
    ],
)
def test_a_damaged_array_is_refused(content):
    with pytest.raises(InputRefused, match=r"This is no .npz file, or a damaged one"):
        find_arrays(with_member("x_train.npy", content))


@pytest.mark.parametrize("content", [b"", b"nonsense", npz(**DATA).getvalue()[:-40]])
def test_what_is_no_npz_is_refused(content):
    with pytest.raises(InputRefused, match=r"This is no .npz file, or a damaged one"):
        find_arrays(BytesIO(content))


def test_arrays_that_are_too_large_are_refused_before_they_are_read():
    with pytest.raises(InputRefused, match=r"may take 2 GB, these take 38,400.0 GB"):
        find_arrays(with_member("x_train.npy", npy("(200000000, 400, 160, 3)")))


def test_a_member_that_unpacks_to_more_than_its_header_says_is_refused(monkeypatch):
    monkeypatch.setattr(arrays, "MOST_UNPACKED", 10_000)
    with pytest.raises(InputRefused, match="may take"):
        find_arrays(with_member("x_train.npy", npy("(24, 9, 8, 3)") + bytes(20_000)))
