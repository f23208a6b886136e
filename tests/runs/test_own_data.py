"""Data sets that people brought: stored once, found by every process, removed when nothing needs them."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from cnnlab import runs, store_address
from cnnlab.data.registry import DATASETS, check, load
from cnnlab.errors import DatasetInUse, DatasetUnavailable, InputRefused, RunNotFound, StoreUnavailable
from cnnlab.runs import artifacts, own_data, own_files, own_shelf, store
from cnnlab.spec import PRESETS, DataSpec


def arrays(seed: int = 0, shape: tuple[int, int, int] = (8, 10, 3), train: int = 12, test: int = 6):
    generator = np.random.default_rng(seed)
    return {
        "x_train": generator.integers(0, 256, (train, *shape), np.uint8),
        "y_train": np.arange(train) % 3,
        "x_test": generator.integers(0, 256, (test, *shape), np.uint8),
        "y_test": np.arange(test) % 3,
    }


CLASSES = ("cat", "dog", "Ünicorn")


@pytest.fixture(autouse=True)
def removed_afterwards():
    """Other tests have a store without own data sets."""
    yield
    for each in own_data.listed():
        own_data.remove(each.dataset, force=True)


def test_a_data_set_comes_back_as_it_was_brought():
    brought = arrays(1)
    dataset = own_data.add("My pets", CLASSES, brought)
    assert dataset.startswith("my-pets-")
    info = DATASETS[dataset]
    assert (info.title, info.classes, info.input_shape) == ("My pets", CLASSES, (8, 10, 3))
    assert (info.train_images, info.test_images, info.own) == ({"full": 12}, {"full": 6}, True)
    images = load(dataset, "full")
    for name, array in brought.items():
        assert np.array_equal(getattr(images, name), array)
        assert not getattr(images, name).flags.writeable
    assert dataset in list(DATASETS)
    assert [each.dataset for each in own_data.listed()].count(dataset) == 1
    assert own_data.named("My pets") == own_data.named(dataset) == [dataset]


def test_the_same_images_under_the_same_name_are_stored_once():
    first, again = own_data.add("Twice", CLASSES, arrays(2)), own_data.add(" Twice ", CLASSES, arrays(2))
    assert first == again and len(own_data.entries(first)) == 1
    others = {own_data.add("Twice", CLASSES, arrays(3)), own_data.add("Twice", CLASSES[::-1], arrays(2))}
    assert len({first, *others}) == 3


@pytest.mark.parametrize("title", ["", "  ", "x" * 61])
def test_a_data_set_needs_a_name(title):
    with pytest.raises(InputRefused, match="change 'Name'"):
        own_data.add(title, CLASSES, arrays(4))


def test_nothing_is_listed_where_the_images_could_not_be_stored(monkeypatch):
    def full(*arguments):
        raise StoreUnavailable("No space is left.", True)

    before = own_data.listed()
    with monkeypatch.context() as patch:
        patch.setattr(artifacts, "save", full)
        with pytest.raises(StoreUnavailable, match="No space"):
            own_data.add("Half", CLASSES, arrays(5))
    assert own_data.listed() == before
    assert own_data.named("Half") == []


def test_a_data_set_that_runs_use_is_removed_only_by_force():
    dataset = own_data.add("In use", CLASSES, arrays(6))
    spec = PRESETS["small"].with_setting("data.dataset", dataset).runs()["model"]
    run_id = runs.create("model", "in-use", spec)
    with pytest.raises(DatasetInUse, match="1 run of the store uses this data set"):
        own_data.remove(dataset)
    assert dataset in DATASETS
    own_data.remove(dataset, force=True)
    assert dataset not in DATASETS and own_data.named("In use") == []
    assert runs.get(run_id).spec.data.dataset == dataset  # the run stays
    with pytest.raises(RunNotFound, match="There is no data set"):
        own_data.remove(dataset)
    assert own_data.add("In use", CLASSES, arrays(6)) == dataset  # and what was removed can come back
    assert np.array_equal(load(dataset, "full").x_test, arrays(6)["x_test"])


def test_an_unknown_id_is_no_data_set():
    for dataset in ("pets", "pets-000000000000", "' OR 1=1 --"):
        assert dataset not in DATASETS
        with pytest.raises(RunNotFound):
            own_data.remove(dataset)


def test_a_data_set_has_only_its_own_images():
    dataset = own_data.add("Only full", CLASSES, arrays(7))
    assert check(DataSpec(dataset=dataset, source="full", images=12)) == []
    [reason] = check(DataSpec(dataset=dataset, source="sample", images=12))
    assert reason == "Only full has no sample: set 'Size of the data set' to full."
    [reason] = check(DataSpec(dataset=dataset, source="full", images=13))
    assert reason == "Only full has 12 training images, not 13: lower 'Training images'."
    with pytest.raises(ValueError, match="has no sample"):
        load(dataset, "sample")


def test_images_that_were_changed_in_the_store_are_refused():
    dataset = own_data.add("Changed", CLASSES, arrays(8))
    file = DATASETS.shelf.images_file(dataset)
    changed = arrays(8)
    changed["x_test"][0, 0, 0, 0] ^= 1
    np.savez(file, **{name: array.astype(np.uint8) for name, array in changed.items()})
    with pytest.raises(DatasetUnavailable, match="does not hold the images of Changed"):
        load(dataset, "full")
    file.unlink()
    with pytest.raises(DatasetUnavailable, match="cannot be read"):
        load(dataset, "full")


def test_another_process_finds_what_was_added_here():
    dataset = own_data.add("Elsewhere", CLASSES, arrays(9))
    code = (
        "from cnnlab import runs\n"
        "from cnnlab.data.registry import DATASETS, load\n"
        f"print(load('{dataset}', 'full').x_train.sum(), DATASETS['{dataset}'].title)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ)
    assert done.stdout.split() == [str(arrays(9)["x_train"].sum()), "Elsewhere"], done.stderr


def test_before_the_store_is_open_the_index_tells_what_there_is(monkeypatch):
    dataset = own_data.add("Indexed", CLASSES, arrays(10))
    monkeypatch.setattr(store, "is_open", lambda: False)
    monkeypatch.setattr(own_data, "entries", lambda *arguments: pytest.fail("the store was asked"))
    shelf = own_shelf.OwnDataShelf()
    assert shelf.infos()[dataset] == shelf.info(dataset) == DATASETS[dataset]


def test_a_damaged_index_is_made_anew(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(store_address, "sqlite_folder", lambda: tmp_path)
    (tmp_path / "data").mkdir()
    for content in ("{", "[]", json.dumps({"pets": {"title": 1}})):
        (tmp_path / "data" / own_files.INDEX_FILE).write_text(content)
        assert own_files.read_index() == {}
    assert "made anew" in caplog.text


def test_what_is_elsewhere_is_fetched_once(tmp_path, monkeypatch):
    dataset = own_data.add("Fetched", CLASSES, arrays(11))
    entry = own_data.entries(dataset)[0].info.run_id
    content = artifacts.read(entry, own_files.IMAGES_FILE)
    reads = []
    monkeypatch.setattr(artifacts, "folder_of", lambda run_id: None)
    monkeypatch.setattr(artifacts, "read", lambda run_id, name: reads.append(name) or content)
    monkeypatch.setattr(store_address, "sqlite_folder", lambda: tmp_path)
    for _ in range(2):
        assert DATASETS.shelf.images_file(dataset).read_bytes() == content
    assert reads == [own_files.IMAGES_FILE]
    monkeypatch.undo()


def test_where_the_folder_of_copies_cannot_be_written_a_sentence_says_so(tmp_path, monkeypatch):
    dataset = own_data.add("Full disk", CLASSES, arrays(12))
    (tmp_path / "data").write_text("a file, no folder")
    monkeypatch.setattr(artifacts, "folder_of", lambda run_id: None)
    monkeypatch.setattr(artifacts, "read", lambda run_id, name: b"content")
    monkeypatch.setattr(store_address, "sqlite_folder", lambda: tmp_path)
    with pytest.raises(DatasetUnavailable, match="cannot be used"):
        DATASETS.shelf.images_file(dataset)


def test_a_store_that_is_away_leaves_what_was_known(monkeypatch, caplog):
    dataset = own_data.add("Away", CLASSES, arrays(13))
    now = [0.0]
    shelf = own_shelf.OwnDataShelf(clock=lambda: now[0])
    assert dataset in shelf.infos()

    def away(*arguments):
        raise StoreUnavailable("The store is away.", True)

    monkeypatch.setattr(own_data, "entries", away)
    now[0] = 1000.0
    assert dataset in shelf.infos() and "could not be listed" in caplog.text


def test_a_removed_data_set_is_not_asked_for_again_and_again(monkeypatch):
    now, asked = [0.0], []
    shelf = own_shelf.OwnDataShelf(clock=lambda: now[0])
    real = own_data.entries
    monkeypatch.setattr(own_data, "entries", lambda *arguments: asked.append(1) or real(*arguments))
    for _ in range(5):
        assert shelf.info("gone-0123456789ab") is None
    assert len(asked) == 1
    now[0] = 60.0
    shelf.info("gone-0123456789ab")
    assert len(asked) == 2
