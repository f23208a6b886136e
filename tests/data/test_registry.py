import numpy as np
import pytest

from cnnlab.data import full_sets, registry
from cnnlab.data.registry import BUILT_IN, DATASETS, bytes_to_download, check, load, source_at_hand
from cnnlab.errors import DatasetUnavailable
from cnnlab.spec import DataSpec
from tests.dataset_files import full_set, needs_debian

SOURCES = [(dataset, source) for dataset, info in BUILT_IN.items() for source in info.sources]
SAMPLED = [dataset for dataset, source in SOURCES if source == "sample"]


@pytest.mark.parametrize(("dataset", "source"), SOURCES)
def test_as_many_images_as_there_are_can_be_had_and_one_more_cannot(dataset, source):
    available = DATASETS[dataset].train_images[source]
    assert check(DataSpec(dataset=dataset, source=source, images=available)) == []
    assert len(check(DataSpec(dataset=dataset, source=source, images=available + 1))) == 1


def test_an_unknown_data_set_is_answered_with_the_known_ones():
    known = "fashion-mnist, mnist, digits, shapes or cifar-10"
    sentence = f"There is no data set 'foo': choose {known} under 'Data set'."
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


@pytest.mark.parametrize("dataset", SAMPLED)
def test_a_sample_is_what_the_registry_says_with_every_class_equally_often(dataset):
    images, info = load(dataset, "sample"), DATASETS[dataset]
    train, test = info.train_images["sample"], info.test_images["sample"]
    for x, y, count in ((images.x_train, images.y_train, train), (images.x_test, images.y_test, test)):
        assert x.shape == (count, *info.input_shape)
        assert (x.dtype, y.dtype) == (np.uint8, np.int64)
        assert (x.min(), x.max()) == (0, 255)
        if (dataset, count) != ("digits", test):  # all that is left
            assert np.bincount(y).tolist() == [count // len(info.classes)] * len(info.classes)


@pytest.mark.parametrize("dataset", SAMPLED)
def test_no_image_of_a_sample_is_both_for_training_and_for_testing(dataset):
    images = load(dataset, "sample")
    assert not {x.tobytes() for x in images.x_train} & {x.tobytes() for x in images.x_test}


@pytest.mark.parametrize("dataset", SAMPLED)
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


def test_a_label_beyond_the_classes_is_refused(monkeypatch, tmp_path):
    arrays = full_set()
    arrays["y_test"][7] = 10
    (tmp_path / "mnist").mkdir()
    np.savez(tmp_path / "mnist" / "mnist.npz", **arrays)
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path))
    with pytest.raises(DatasetUnavailable, match="has the label 10"):
        load("mnist", "full")


def test_every_label_has_a_class_name():
    for info in DATASETS.values():
        assert len(set(info.classes)) == len(info.classes) == 10
    drawn = {registry.DRAWN}
    assert set(registry.SAMPLES) | drawn == set(SAMPLED)
    assert set(full_sets.DOWNLOADS) | drawn == {dataset for dataset, source in SOURCES if source == "full"}
    assert set(SOURCES) == {
        (dataset, source) for dataset, info in BUILT_IN.items() for source in info.test_images
    }


def test_images_that_have_to_be_fetched_are_told_from_those_at_hand(monkeypatch, tmp_path):
    monkeypatch.delenv("CNNLAB_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert bytes_to_download("cifar-10", "full") == 170_052_171 and source_at_hand("cifar-10") is None
    assert bytes_to_download("mnist", "sample") == 0 and source_at_hand("mnist") == "sample"
    assert bytes_to_download("shapes", "full") == 0
    (tmp_path / "here" / "cifar-10").mkdir(parents=True)
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path / "here"))
    assert bytes_to_download("cifar-10", "full") == 0 and source_at_hand("cifar-10") == "full"


def test_what_was_downloaded_of_several_files_is_not_downloaded_again(monkeypatch, tmp_path):
    monkeypatch.delenv("CNNLAB_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(full_sets, "DEBIAN_FOLDERS", {})
    whole = bytes_to_download("fashion-mnist", "full")
    first = full_sets.DOWNLOADS["fashion-mnist"][0]
    (tmp_path / "cnnlab" / "fashion-mnist").mkdir(parents=True)
    (tmp_path / "cnnlab" / "fashion-mnist" / first.name).touch()
    assert bytes_to_download("fashion-mnist", "full") == whole - first.size > 0


def test_both_sources_of_shapes_are_different_images():
    sample, everything = load("shapes", "sample"), load("shapes", "full")
    known = {x.tobytes() for x in everything.x_train} | {x.tobytes() for x in everything.x_test}
    assert len(known) == 24_000
    assert not known & ({x.tobytes() for x in sample.x_train} | {x.tobytes() for x in sample.x_test})


def test_the_values_of_the_digits_are_sixteenths_of_white():
    """scikit-learn's values are whole numbers from 0 to 16."""
    values = np.unique(load("digits", "sample").x_train)
    assert values.tolist() == [int(255 * value / 16 + 0.5) for value in range(17)]
