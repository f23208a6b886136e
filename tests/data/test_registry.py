import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import requests

from cnnlab.data import full_sets, registry
from cnnlab.data.formats import read_idx, read_npz
from cnnlab.data.pixels import arranged, given, pixel_order, scaled
from cnnlab.data.registry import DATASETS, Images, check, load
from cnnlab.data.sampling import epoch_order, stratified_order
from cnnlab.data.split import split
from cnnlab.errors import DatasetUnavailable
from cnnlab.spec import DataSpec

SHUFFLED = DataSpec(dataset="mnist", images=100, shuffled_pixels=True)
DEBIAN = full_sets.DEBIAN_FOLDERS["fashion-mnist"]
needs_debian = pytest.mark.skipif(not DEBIAN.is_dir(), reason="needs Debian's package dataset-fashion-mnist")


def idx_bytes(array: np.ndarray, kind: int = 8) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, kind, array.ndim, *array.shape) + array.tobytes()


def write_idx(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content))
    return path


def full_set(seed: int = 0) -> dict[str, np.ndarray]:
    """Random pixels in the shapes of a full set."""
    generator = np.random.default_rng(seed)
    return {
        "x_train": generator.integers(0, 256, (60_000, 28, 28), dtype=np.uint8),
        "y_train": generator.integers(0, 10, 60_000, dtype=np.uint8),
        "x_test": generator.integers(0, 256, (10_000, 28, 28), dtype=np.uint8),
        "y_test": generator.integers(0, 10, 10_000, dtype=np.uint8),
    }


def images_with(labels: np.ndarray) -> Images:
    """One image for each label, all different: the first four pixels hold its index."""
    x = np.zeros((len(labels), 2, 2, 1), np.uint8)
    x.reshape(-1, 4)[:] = np.arange(len(labels), dtype=">u4").view(np.uint8).reshape(-1, 4)
    return Images(x, labels.astype(np.int64), x[:3], labels[:3].astype(np.int64))


def indices(x: np.ndarray) -> np.ndarray:
    """What `images_with` wrote into the pixels, from scaled images."""
    return np.rint(x.reshape(-1, 4) * 255).astype(np.uint8).view(">u4").ravel().astype(int)


@pytest.fixture
def nothing_here(monkeypatch, tmp_path):
    """A machine without full sets and without a network."""
    monkeypatch.delenv("CNNLAB_DATA_DIR", raising=False)
    monkeypatch.setattr(full_sets, "DEBIAN_FOLDERS", {"fashion-mnist": tmp_path / "no-debian"})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def offline(*_args, **_kwargs):
        raise requests.ConnectionError("no route to host")

    monkeypatch.setattr(requests, "get", offline)


# --- checking a spec ----------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("source", ["sample", "full"])
def test_as_many_images_as_there_are_can_be_had_and_one_more_cannot(dataset, source):
    available = DATASETS[dataset].train_images[source]
    assert check(DataSpec(dataset=dataset, source=source, images=available)) == []
    assert len(check(DataSpec(dataset=dataset, source=source, images=available + 1))) == 1


def test_an_unknown_data_set_is_answered_with_the_known_ones():
    sentence = "There is no data set 'foo': choose fashion-mnist or mnist under 'Data set'."
    assert check(DataSpec(dataset="foo")) == [sentence]
    with pytest.raises(ValueError, match="There is no data set 'foo'"):
        load("foo", "sample")


def test_too_many_images_for_the_sample_are_answered_with_both_ways_out():
    assert check(DataSpec(images=60_000)) == [
        "The sample of Fashion-MNIST has 10,000 training images, not 60,000: "
        "lower 'Training images', or set 'Size of the data set' to full."
    ]


def test_the_full_set_is_not_advised_where_it_is_too_small_as_well():
    assert check(DataSpec(images=60_001)) == [
        "The sample of Fashion-MNIST has 10,000 training images, not 60,001: lower 'Training images'."
    ]
    assert check(DataSpec(images=60_001, source="full")) == [
        "The full Fashion-MNIST has 60,000 training images, not 60,001: lower 'Training images'."
    ]


# --- the samples --------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_sample_is_what_the_registry_says_with_every_class_equally_often(dataset):
    images, info = load(dataset, "sample"), DATASETS[dataset]
    for x, y, count in (
        (images.x_train, images.y_train, info.train_images["sample"]),
        (images.x_test, images.y_test, info.test_images["sample"]),
    ):
        assert x.shape == (count, *info.input_shape)
        assert (x.dtype, y.dtype) == (np.uint8, np.int64)
        assert (x.min(), x.max()) == (0, 255)
        assert np.bincount(y).tolist() == [count // len(info.classes)] * len(info.classes)


@pytest.mark.parametrize("dataset", DATASETS)
def test_no_image_of_a_sample_is_both_for_training_and_for_testing(dataset):
    images = load(dataset, "sample")
    assert not {x.tobytes() for x in images.x_train} & {x.tobytes() for x in images.x_test}


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_sample_is_shuffled(dataset):
    labels = load(dataset, "sample").y_train
    repeats = np.mean(labels[1:] == labels[:-1])
    assert 0.07 < repeats < 0.13  # sorted labels would repeat always, labels in turns never


def test_loaded_images_are_shared_and_cannot_be_changed():
    images = load("mnist", "sample")
    assert load("mnist", "sample") is images
    with pytest.raises(ValueError, match="read-only"):
        images.x_train[0, 0, 0, 0] = 1


@needs_debian
def test_the_fashion_sample_is_cut_from_the_same_part_of_the_full_set():
    sample, everything = load("fashion-mnist", "sample"), load("fashion-mnist", "full")
    for part in ("train", "test"):
        known = {
            (x.tobytes(), y)
            for x, y in zip(getattr(everything, f"x_{part}"), getattr(everything, f"y_{part}"), strict=True)
        }
        cut = {
            (x.tobytes(), y)
            for x, y in zip(getattr(sample, f"x_{part}"), getattr(sample, f"y_{part}"), strict=True)
        }
        assert cut <= known


# --- the full sets ------------------------------------------------------------------------------


@needs_debian
def test_the_full_fashion_set_of_debian_is_whole():
    images = load("fashion-mnist", "full")
    assert images.x_train.shape == (60_000, 28, 28, 1)
    assert np.bincount(images.y_train).tolist() == [6000] * 10
    assert np.bincount(images.y_test).tolist() == [1000] * 10
    assert images.y_train[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]  # as its authors show it


def test_a_folder_of_ones_own_with_idx_files_comes_before_debians(monkeypatch, tmp_path):
    arrays, folder = full_set(), tmp_path / "fashion-mnist"
    folder.mkdir()
    for key, name in full_sets.IDX_FILES.items():
        (folder / name).write_bytes(gzip.compress(idx_bytes(arrays[key]), compresslevel=0))
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path))
    images = load("fashion-mnist", "full")
    np.testing.assert_array_equal(images.x_train[..., 0], arrays["x_train"])
    np.testing.assert_array_equal(images.y_test, arrays["y_test"])


def test_a_folder_of_ones_own_may_hold_kerass_mnist_file(monkeypatch, tmp_path):
    arrays = full_set()
    (tmp_path / "mnist").mkdir()
    np.savez(tmp_path / "mnist" / "mnist.npz", **arrays)
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path))
    np.testing.assert_array_equal(load("mnist", "full").x_test[..., 0], arrays["x_test"])


def test_an_unfinished_folder_of_ones_own_is_an_error_and_nothing_else_is_used(monkeypatch, tmp_path):
    (tmp_path / "fashion-mnist").mkdir()
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path))
    with pytest.raises(DatasetUnavailable, match=r"train-images-idx3-ubyte\.gz cannot be read: No such file"):
        load("fashion-mnist", "full")


def test_a_label_beyond_the_classes_is_refused(monkeypatch, tmp_path):
    arrays = full_set()
    arrays["y_test"][7] = 10
    (tmp_path / "mnist").mkdir()
    np.savez(tmp_path / "mnist" / "mnist.npz", **arrays)
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path))
    with pytest.raises(DatasetUnavailable, match="has the label 10"):
        load("mnist", "full")


@pytest.mark.parametrize("dataset", DATASETS)
def test_without_a_network_the_sentence_says_what_was_tried_and_offers_the_sample(dataset, nothing_here):
    with pytest.raises(DatasetUnavailable) as caught:
        load(dataset, "full")
    sentence = str(caught.value)
    assert sentence.startswith(f"The full {DATASETS[dataset].title} is not on this machine")
    assert "https://" in sentence and "failed: ConnectionError" in sentence
    assert "Set 'Size of the data set' to sample" in sentence
    assert f"folder '{dataset}'" in sentence and "CNNLAB_DATA_DIR" in sentence


def test_the_sentence_names_the_folders_that_were_looked_in(nothing_here, monkeypatch, tmp_path):
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path / "mistyped"))
    with pytest.raises(DatasetUnavailable) as caught:
        load("fashion-mnist", "full")
    for folder in (tmp_path / "mistyped" / "fashion-mnist", tmp_path / "no-debian"):
        assert str(folder) in str(caught.value)


class Answer:
    """An HTTP response with this content."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.headers = {"content-length": str(len(content))}

    def raise_for_status(self) -> None:
        pass

    def iter_content(self, chunk_size: int):
        return (self.content[start : start + chunk_size] for start in range(0, len(self.content), chunk_size))


def test_a_download_with_another_checksum_is_refused_and_not_kept(nothing_here, monkeypatch, tmp_path):
    monkeypatch.setattr(requests, "get", lambda *_args, **_kwargs: Answer(b"not the data set"))
    with pytest.raises(DatasetUnavailable, match="the file that came has the wrong checksum"):
        load("mnist", "full")
    assert not list(tmp_path.rglob("mnist.npz"))


@needs_debian
def test_a_download_reports_its_progress_and_is_made_once(nothing_here, monkeypatch):
    import pooch

    contents = {name: (DEBIAN / name).read_bytes() for name in full_sets.IDX_FILES.values()}
    downloads = tuple(
        full_sets.Download("https://example.org/", path.name, pooch.file_hash(path), path.stat().st_size)
        for path in sorted(DEBIAN.glob("*.gz"))
    )
    monkeypatch.setitem(full_sets.DOWNLOADS, "fashion-mnist", downloads)
    asked = []

    def get(url: str, **_kwargs) -> Answer:
        asked.append(url)
        return Answer(contents[url.rpartition("/")[2]])

    monkeypatch.setattr(requests, "get", get)
    shares: list[float] = []
    images = load("fashion-mnist", "full", shares.append)
    assert images.x_train.shape == (60_000, 28, 28, 1)
    assert shares == sorted(shares) and shares[0] < 0.1 and shares[-1] == 1.0 and len(shares) > 100
    assert load("fashion-mnist", "full") is images
    assert len(asked) == 4


# --- the file formats ---------------------------------------------------------------------------


def test_an_idx_file_is_read_as_its_bytes_say(tmp_path):
    content = bytes.fromhex("00000803 00000002 00000002 00000003") + bytes(range(12))
    path = write_idx(tmp_path / "images.gz", content)
    assert read_idx(path, (2, 2, 3)).tolist() == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (idx_bytes(np.zeros((3, 2), np.uint8)), "header must be"),  # another shape
        (idx_bytes(np.zeros((2, 2), np.uint8), kind=13), "header must be"),  # numbers of another type
        (idx_bytes(np.zeros((2, 2), np.uint8))[:-1], "exactly 4 bytes"),
        (idx_bytes(np.zeros((2, 2), np.uint8)) + b"\0", "exactly 4 bytes"),
        (b"", "not empty"),
    ],
)
def test_an_idx_file_with_another_header_or_length_is_refused(tmp_path, content, reason):
    path = write_idx(tmp_path / "images.gz", content)
    with pytest.raises(DatasetUnavailable, match=reason):
        read_idx(path, (2, 2))


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"x" + data[1:]])
def test_a_damaged_gzip_file_is_refused(tmp_path, damage):
    path = tmp_path / "images.gz"
    path.write_bytes(damage(gzip.compress(idx_bytes(np.arange(100, dtype=np.uint8).reshape(10, 10)))))
    with pytest.raises(DatasetUnavailable, match="cannot be read"):
        read_idx(path, (10, 10))


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"y": np.zeros(3, np.uint8)}, "lacks x"),
        ({"x": np.zeros(3), "y": np.zeros(3, np.uint8)}, "must be 3 uint8, not 3 float64"),
        ({"x": np.zeros((3, 1), np.uint8), "y": np.zeros(3, np.uint8)}, "must be 3 uint8, not 3×1 uint8"),
        ({"x": np.array([{}], object), "y": np.zeros(3, np.uint8)}, "cannot be read"),  # would unpickle
    ],
)
def test_an_npz_file_with_other_arrays_is_refused(tmp_path, arrays, reason):
    np.savez(tmp_path / "set.npz", **arrays)
    with pytest.raises(DatasetUnavailable, match=reason):
        read_npz(tmp_path / "set.npz", {"x": (3,), "y": (3,)})


def test_a_file_that_is_no_npz_is_refused(tmp_path):
    (tmp_path / "set.npz").write_bytes(b"<html>not found</html>")
    with pytest.raises(DatasetUnavailable, match="cannot be read"):
        read_npz(tmp_path / "set.npz", {"x": (3,)})


# --- scaling, splitting, ordering ---------------------------------------------------------------


def test_pixels_are_scaled_by_255_to_float32():
    x = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    result = scaled(x)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result.ravel(), np.arange(256, dtype=np.float32) / np.float32(255))


@pytest.mark.parametrize("x", [np.zeros((1, 2, 2, 1), np.float32), np.zeros((1, 2, 2), np.uint8)])
def test_nothing_is_scaled_twice_or_without_channels(x):
    with pytest.raises(ValueError, match=r"must be \(N, H, W, C\) uint8"):
        scaled(x)


@pytest.mark.parametrize("height, width", [(28, 28), (32, 32), (5, 9), (1, 1)])
def test_the_order_of_shuffled_pixels_is_a_permutation_that_depends_on_the_size_alone(height, width):
    order = pixel_order(height, width).copy()
    assert sorted(order) == list(range(height * width))
    pixel_order.cache_clear()
    np.random.default_rng(0).random(10)
    np.testing.assert_array_equal(pixel_order(height, width), order)


def test_shuffled_pixels_leave_hardly_any_pixel_in_its_place():
    assert np.count_nonzero(pixel_order(28, 28) == np.arange(784)) < 8  # one is to be expected


@pytest.mark.parametrize("channels", [1, 3])
def test_shuffling_moves_whole_pixels_alike_in_every_image_whether_one_or_many(channels):
    x = np.random.default_rng(0).random((4, 6, 5, channels), dtype=np.float32)
    shuffled = arranged(x, SHUFFLED)
    assert shuffled.dtype == np.float32
    for image, moved in zip(x, shuffled, strict=True):
        expected = [image[divmod(int(source), 5)] for source in pixel_order(6, 5)]
        np.testing.assert_array_equal(moved.reshape(30, channels), expected)
        np.testing.assert_array_equal(arranged(image, SHUFFLED), moved)


def test_without_the_setting_no_pixel_moves():
    x = np.random.default_rng(0).random((2, 6, 5, 1), dtype=np.float32)
    assert arranged(x, DataSpec()) is x


def test_training_validation_and_test_images_are_shuffled_alike_and_their_labels_stay():
    images = load("mnist", "sample")
    plain = split(images, SHUFFLED.model_copy(update={"shuffled_pixels": False}), seed=5)
    shuffled = split(images, SHUFFLED, seed=5)
    for part in ("train", "validation", "test"):
        x, y = f"x_{part}", f"y_{part}"
        np.testing.assert_array_equal(
            getattr(shuffled, x).reshape(-1, 784), getattr(plain, x).reshape(-1, 784)[:, pixel_order(28, 28)]
        )
        np.testing.assert_array_equal(getattr(shuffled, y), getattr(plain, y))
    np.testing.assert_array_equal(given(images.x_test, SHUFFLED), shuffled.x_test)


@pytest.mark.parametrize(
    ("images", "fraction", "validation"),
    [(1000, 0.1, 100), (10, 0.05, 1), (15, 0.1, 2), (333, 0.5, 166)],
)
def test_the_rounded_share_and_at_least_one_image_is_for_validation(images, fraction, validation):
    everything = images_with(np.arange(2000) % 10)
    parts = split(everything, DataSpec(images=images, validation_fraction=fraction), seed=0)
    assert (len(parts.x_train), len(parts.x_validation)) == (images - validation, validation)


def test_training_and_validation_images_are_disjoint_and_keep_their_labels():
    labels = np.random.default_rng(3).integers(0, 10, 3000)
    parts = split(images_with(labels), DataSpec(images=2500, validation_fraction=0.3), seed=1)
    train, validation = indices(parts.x_train), indices(parts.x_validation)
    assert len(set(train) | set(validation)) == 2500
    np.testing.assert_array_equal(parts.y_train, labels[train])
    np.testing.assert_array_equal(parts.y_validation, labels[validation])


@pytest.mark.parametrize("images", [10, 37, 500, 1999])
@pytest.mark.parametrize("fraction", [0.05, 0.1, 0.37])
def test_classes_are_as_even_as_their_number_allows_in_both_parts(images, fraction):
    everything = images_with(np.arange(2000) % 10)
    parts = split(everything, DataSpec(images=images, validation_fraction=fraction), seed=2)
    for labels in (parts.y_train, parts.y_validation):
        assert np.ptp(np.bincount(labels, minlength=10)) <= 1


def test_a_small_class_is_used_up_but_still_has_its_share_of_the_validation():
    labels = np.repeat([0, 1, 2], [40, 500, 500])
    parts = split(images_with(labels), DataSpec(images=1000, validation_fraction=0.06), seed=0)
    assert np.bincount(parts.y_validation).tolist() == [20, 20, 20]
    assert np.bincount(parts.y_train).tolist() == [20, 460, 460]


def test_the_test_images_stay_whole_and_in_order():
    images = load("mnist", "sample")
    parts = split(images, DataSpec(dataset="mnist", images=100), seed=5)
    np.testing.assert_array_equal(parts.x_test, scaled(images.x_test))
    np.testing.assert_array_equal(parts.y_test, images.y_test)


def test_the_same_seed_draws_the_same_images_and_another_seed_others():
    images, spec = load("mnist", "sample"), DataSpec(dataset="mnist", images=500)
    first, second, other = (split(images, spec, seed) for seed in (7, 7, 8))
    for name, array in vars(first).items():
        np.testing.assert_array_equal(array, getattr(second, name))
    assert not np.array_equal(first.x_train, other.x_train)


def test_more_images_than_there_are_cannot_be_drawn():
    with pytest.raises(ValueError, match="'Training images' must be at most 20, not 21"):
        split(images_with(np.arange(20) % 10), DataSpec(images=21), seed=0)


def test_a_stratified_order_is_a_permutation():
    labels = np.random.default_rng(0).integers(0, 5, 101)
    order = stratified_order(labels, np.random.default_rng(1))
    assert sorted(order) == list(range(101))


def test_an_epochs_order_is_a_permutation_that_depends_on_seed_and_epoch_alone():
    order = epoch_order(1000, seed=3, epoch=4)
    assert order.dtype == np.int32
    assert sorted(order) == list(range(1000))
    np.random.default_rng(0).random(10)
    np.testing.assert_array_equal(order, epoch_order(1000, seed=3, epoch=4))
    assert not np.array_equal(order, epoch_order(1000, seed=3, epoch=5))
    assert not np.array_equal(order, epoch_order(1000, seed=4, epoch=4))


def test_every_label_has_a_class_name():
    for info in DATASETS.values():
        assert len(set(info.classes)) == 10
    assert set(registry.SAMPLES) == set(DATASETS) == set(full_sets.DOWNLOADS)
