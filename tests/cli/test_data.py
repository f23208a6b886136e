"""`python -m cnnlab data` on real files and the store of the tests."""

import errno
import json

import numpy as np
import pytest
from click.testing import CliRunner

from cnnlab import runs
from cnnlab.cli.commands import main
from cnnlab.data.registry import DATASETS, load
from cnnlab.runs import artifacts, own_data
from cnnlab.spec import PRESETS, DataSpec
from tests.own_pictures import even, labelled, npz, pets, unfolded, zipped


@pytest.fixture(autouse=True)
def _removed_afterwards():
    yield
    for each in own_data.listed():
        own_data.remove(each.dataset, force=True)


def invoke(*arguments: object):
    return CliRunner().invoke(main, ["data", *map(str, arguments)])


def added(*arguments: object) -> str:
    result = invoke("add", *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_a_folder_a_zip_and_an_npz_are_added_and_can_be_loaded(tmp_path):
    folder = unfolded(pets(10), tmp_path / "pets")
    (tmp_path / "pets.zip").write_bytes(zipped(pets(10)).getvalue())
    (tmp_path / "noise.npz").write_bytes(npz(**labelled()).getvalue())
    ids = [added(folder, "--name", "pets"), added(tmp_path / "pets.zip", "--name", "pets")]
    assert ids[0] == ids[1]  # the same images under the same name
    assert DATASETS[ids[0]].input_shape == (10, 12, 3) and DATASETS[ids[0]].classes == ("cat", "dog")
    images = load(ids[0], "full")
    assert (len(images.x_train), len(images.x_test)) == (16, 4)
    noise = added(tmp_path / "noise.npz", "--name", "noise")
    assert DATASETS[noise].input_shape == (9, 8, 3)


def test_every_option_has_its_effect(tmp_path):
    folder = unfolded(
        {f"{kind}/{n}.png": even((n, 0, 0), (40, 20)) for kind in "ab" for n in range(10)}, tmp_path
    )

    def images_of(*options: object):
        dataset = added(folder, "--name", " ".join(map(str, options)) or "plain", *options)
        return DATASETS[dataset].input_shape, load(dataset, "full")

    assert images_of()[0] == (20, 40, 3)
    assert images_of("--size", "16x24")[0] == (16, 24, 3)
    assert images_of("--grey")[0] == (20, 40, 1) and images_of("--colour")[0] == (20, 40, 3)
    assert len(images_of("--test-share", 0.5)[1].x_test) == 10
    padded, cropped = (images_of("--size", "20x20", "--fit", fit)[1].x_train for fit in ("pad", "crop"))
    assert not padded[:, :5].any() and cropped[:, 0, 0, 0].any()
    first, other = (images_of("--seed", seed)[1].x_test for seed in (0, 1))
    assert not np.array_equal(first, other)


def test_other_files_are_refused_unless_they_are_to_be_skipped(tmp_path):
    folder = unfolded(pets(10) | {"cat/notes.txt": b"hello"}, tmp_path)
    refused = invoke("add", folder, "--name", "pets")
    assert refused.exit_code == 2 and "cat/notes.txt (it is no picture" in refused.stderr
    assert own_data.listed() == []
    skipped = invoke("add", folder, "--name", "pets", "--skip-others")
    assert skipped.exit_code == 0 and "Not used: cat/notes.txt" in skipped.stderr
    assert skipped.stdout.strip() == own_data.listed()[0].dataset


def test_what_was_converted_is_told_on_stderr(tmp_path):
    (tmp_path / "a.npz").write_bytes(npz(**{**labelled(), "y_train": np.arange(24) % 2 + 1}).getvalue())
    result = invoke("add", tmp_path / "a.npz", "--name", "a")
    assert "Its labels began with 1, and are numbered from 0 now." in result.stderr
    assert "a: 20 images for training and 4 for test of 2 classes, 9×8 pixels, colour." in result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere", "--name", "a"], "'nowhere' cannot be opened: No such file or directory"),
        ([__file__, "--name", "a"], "This is no zip, or a damaged one"),
        ([__file__, "--name", "a", "--size", "big"], "'big' is no size: write height and width"),
        ([__file__], "Missing option '--name'"),
    ],
)
def test_what_cannot_be_added_is_refused_in_a_sentence(arguments, sentence):
    result = invoke("add", *arguments)
    assert result.exit_code == 2 and sentence in result.stderr and result.stdout == ""


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--size", "7x64"], "'Height' must be 8 to 150 pixels, not 7"),
        (["--test-share", "0.9"], "'Share for test' must be above 0, 0.5 at most, not 0.9"),
        (["--seed", "-1"], "'Seed of the division' must be 0 or more"),
        (["--name", " "], "A data set needs a name"),
    ],
)
def test_values_out_of_bounds_are_refused_and_nothing_is_stored(options, sentence, tmp_path):
    result = invoke("add", unfolded(pets(10), tmp_path), "--name", "pets", *options)
    assert result.exit_code == 2 and sentence in result.stderr and result.stdout == ""
    assert own_data.listed() == []


def test_a_full_disk_is_told_of_and_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(artifacts, "_write", full)
    result = invoke("add", unfolded(pets(10), tmp_path), "--name", "pets")
    assert result.exit_code == 1 and "space" in result.stderr
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert own_data.listed() == []


def test_the_list_is_a_table_or_json(tmp_path):
    empty = invoke("list")
    assert (empty.exit_code, empty.stdout) == (0, "") and "no data set of your own yet" in empty.stderr
    assert json.loads(invoke("list", "--json").stdout) == []
    dataset = added(unfolded(pets(10), tmp_path), "--name", "My pets")
    head, line = invoke("list").stdout.splitlines()
    assert head.split() == ["Name", "Images", "Test", "Classes", "Pixels", "Runs", "Added", "Id"]
    assert line.startswith("My pets  16") and "10×12 colour" in line and line.endswith(dataset)
    [entry] = json.loads(invoke("list", "--json").stdout)
    assert (entry["id"], entry["name"], entry["classes"]) == (dataset, "My pets", ["cat", "dog"])
    assert (entry["training_images"], entry["test_images"], entry["runs"]) == (16, 4, 0)
    assert entry["input_shape"] == [10, 12, 3] and entry["fingerprint"] == DATASETS[dataset].fingerprint


def test_a_data_set_is_removed_by_its_name_or_its_id(tmp_path):
    folder = unfolded(pets(10), tmp_path)
    for name in ("pets", added(folder, "--name", "others")):
        added(folder, "--name", "pets")
        result = invoke("remove", name)
        assert result.exit_code == 0 and "Removed " in result.stderr
        assert own_data.named(name) == []


def test_one_that_runs_use_is_removed_by_force_only(tmp_path):
    dataset = added(unfolded(pets(10), tmp_path), "--name", "pets")
    spec = PRESETS["small"].model_copy(update={"data": DataSpec(dataset=dataset, source="full", images=16)})
    run_id = runs.create("model", "0" * 32, spec.runs()["model"])
    runs.end(run_id, "stopped")
    try:
        assert json.loads(invoke("list", "--json").stdout)[0]["runs"] == 1
        refused = invoke("remove", "pets")
        assert refused.exit_code == 1 and "1 run of the store uses this data set" in refused.stderr
        assert refused.stderr.endswith("The option --force does that.\n")
        assert own_data.named("pets") == [dataset]
        assert invoke("remove", "pets", "--force").exit_code == 0
        assert own_data.named("pets") == []
    finally:
        runs.delete([run_id])


def test_names_that_are_not_there_or_ambiguous_are_refused(tmp_path):
    missing = invoke("remove", "pets")
    assert missing.exit_code == 2 and "There is no data set of your own called 'pets'" in missing.stderr
    folder = unfolded(pets(10), tmp_path)
    ids = {added(folder, "--name", "pets"), added(folder, "--name", "pets", "--grey")}
    several = invoke("remove", "pets")
    assert several.exit_code == 2 and all(each in several.stderr for each in ids)
    assert set(own_data.named("pets")) == ids


def test_the_store_is_only_opened_where_the_images_can_be_read(monkeypatch):
    monkeypatch.setattr(artifacts, "save", lambda *_: pytest.fail("something was stored"))
    assert invoke("add", "nowhere", "--name", "a").exit_code == 2
