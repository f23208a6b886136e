"""What comes from outside, drawn: it works, or it is a sentence.

The page's address, which is drawn with its controls, is in `tests/ui/sidebar/test_address.py`, and pictures
are in `tests/data/test_upload.py`.
"""

import gzip
import io
import re
from pathlib import Path

import numpy as np
import psutil
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab import runs, store_address
from cnnlab.checks import refusals
from cnnlab.cli.commands import main
from cnnlab.data import formats, full_sets
from cnnlab.errors import (
    BackendUnavailable,
    DatasetUnavailable,
    InputRefused,
    StoreUnavailable,
    TrainerUnavailable,
)
from cnnlab.runs import store
from cnnlab.runs.store_errors import check_address
from cnnlab.spec import PRESETS, ComparisonSpec, flatten
from cnnlab.trainer.connection import Connection, scheduler_address
from cnnlab.worker import backend
from tests.settings import ODD_TEXTS
from tests.ui.test_gate import ask, headers_of

SENTENCE = re.compile(r"^[A-Z'\d].*[.?!)]$", re.DOTALL)
DRAWN = settings(deadline=None, max_examples=200, derandomize=True)
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
ODD = st.sampled_from(ODD_TEXTS)
PATHS = st.sampled_from([*flatten(PRESETS["lab"]), "model.blocks.9.filters", "model", "data", ""])


@DRAWN
@given(path=PATHS | TEXT, value=ODD | TEXT | st.integers().map(str) | st.floats().map(str))
def test_a_setting_on_the_command_line_is_taken_or_refused_in_a_sentence(path, value):
    trained: list[ComparisonSpec] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("cnnlab.cli.train.train_in_turn", lambda spec, _stop: trained.append(spec) or {})
        patched.setattr("cnnlab.cli.train.summary", lambda members: "")
        result = CliRunner().invoke(main, ["train", "--set", f"{path}={value}"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    if trained:
        assert result.exit_code == 0 and refusals(trained[0]) == []
    else:
        assert result.exit_code == 2
        assert SENTENCE.match(result.stderr.partition("Error: ")[2].strip()), result.stderr


SCHEMES = st.sampled_from(
    ["sqlite", "http", "https", "postgresql", "tcp", "tls", "file", "", "SQLITE", "x+y"]
)
ADDRESSES = st.one_of(
    TEXT,
    ODD,
    st.builds("{}://{}".format, SCHEMES, TEXT),
    st.builds("{}:///{}".format, SCHEMES, TEXT),
    st.builds("{}://{}:{}".format, SCHEMES, TEXT, st.integers(-9, 99_999)),
)


@DRAWN
@given(ADDRESSES)
def test_the_address_of_a_store_is_one_or_a_sentence_that_names_the_setting(address):
    try:
        check_address(address)
    except StoreUnavailable as refused:
        assert "MLFLOW_TRACKING_URI" in str(refused) and SENTENCE.match(str(refused))
        assert not refused.passes


@DRAWN
@given(ADDRESSES)
def test_the_address_of_a_scheduler_is_one_or_a_sentence_that_names_the_setting(address):
    try:
        accepted = scheduler_address(address)
    except TrainerUnavailable as refused:
        assert "CNNLAB_SCHEDULER" in str(refused) and SENTENCE.match(str(refused))
    else:
        assert re.fullmatch(r"(tcp|tls|ws|wss|ucx|ucxx)://\S+:\d+", accepted)


@pytest.mark.parametrize("address", ["127.0.0.1:8786", "tcp://gpu1:8786", "tls://[::1]:8786", " tcp://a:1 "])
def test_a_scheduler_is_found_with_and_without_its_protocol(address):
    accepted = scheduler_address(address)
    assert accepted.endswith(address.strip().partition("://")[2] or address)


@pytest.mark.parametrize(
    "name", ["a b", "a?b", "a%20b", "a%b", "a#b", "ünï", "a'b", 'a"b', "a&b=c", "a;b", "$HOME"]
)
def test_a_store_in_a_folder_with_any_name_keeps_runs_and_files(name, tmp_path, monkeypatch):
    folder: Path = tmp_path / name / "runs"
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    monkeypatch.setattr(store_address, "RUNS_FOLDER", folder)
    run_id = runs.create("model", "odd", PRESETS["small"].runs()["model"])
    runs.save_npz(run_id, "kernels.npz", {"epochs": np.array([1]), "conv_1": np.ones((1, 3, 3, 1, 8))})
    assert [run.run_id for run in runs.recent()] == [run_id]
    assert runs.kernels(run_id)["conv_1"].sum() == 72
    assert runs.curves([run_id]).empty
    assert {file.name for file in folder.iterdir()} == {"artifacts", "creation.lock", "mlflow.db"}
    assert list(folder.glob(f"artifacts/{run_id}/artifacts/kernels.npz"))
    assert store.reader().history(run_id, -1) == []


def test_a_question_mark_in_a_given_path_is_told_how_to_be_written():
    with pytest.raises(StoreUnavailable, match="write '%3F' for a '\\?' of the path"):
        check_address("sqlite:////home/ann/what?/mlflow.db")


SHAPES = {"x_train": (3, 2, 2), "y_train": (3,), "x_test": (1, 2, 2), "y_test": (1,)}


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


GOOD = packed({name: np.zeros(shape, np.uint8) for name, shape in SHAPES.items()})
DAMAGE = st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=6)


@DRAWN
@given(
    changes=DAMAGE,
    end=st.integers(0, len(GOOD)) | st.just(len(GOOD)),
    other=st.binary(max_size=50) | st.none(),
)
def test_a_damaged_npz_file_is_read_or_a_sentence(tmp_path_factory, changes, end, other):
    content = bytearray(GOOD)
    for place, value in changes:
        content[place] = value
    path = tmp_path_factory.mktemp("npz") / "mnist.npz"
    path.write_bytes(bytes(content[:end]) if other is None else other)
    try:
        arrays = formats.read_npz(path, SHAPES)
    except DatasetUnavailable as refused:
        assert SENTENCE.match(str(refused)) or str(refused).startswith(str(path))
        assert str(path) not in [file.path for file in psutil.Process().open_files()]
    else:
        assert {name: array.shape for name, array in arrays.items()} == SHAPES


@DRAWN
@given(content=st.binary(max_size=60), packs=st.booleans())
def test_a_file_that_is_no_idx_is_a_sentence(tmp_path_factory, content, packs):
    path = tmp_path_factory.mktemp("idx") / "images.gz"
    path.write_bytes(gzip.compress(content) if packs else content)
    with pytest.raises(DatasetUnavailable, match=re.escape(str(path))):
        formats.read_idx(path, (3, 2, 2))


IN_AN_ENVIRONMENT = (TEXT | ODD).filter(lambda text: "\x00" not in text)  # which none can hold


@DRAWN
@given(IN_AN_ENVIRONMENT | st.sampled_from(["~nobody-at-all/x", "/" + "x" * 5000, "tensorflow", "jax"]))
def test_the_folder_of_the_images_and_the_backend_are_used_or_a_sentence(text):
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CNNLAB_DATA_DIR", text)
        patched.setenv("KERAS_BACKEND", text)
        try:
            full_sets._folders("mnist")
        except DatasetUnavailable as refused:
            assert "CNNLAB_DATA_DIR" in str(refused) and SENTENCE.match(str(refused))
        try:
            backend.require()
        except BackendUnavailable as refused:
            assert "KERAS_BACKEND" in str(refused) and SENTENCE.match(str(refused))
        else:
            assert text in ("", *backend.PACKAGES)


def test_the_command_line_and_the_trainer_say_which_backend_is_missing(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "abacus")
    result = CliRunner().invoke(main, ["train"])
    assert result.exit_code == 1 and "KERAS_BACKEND must be tensorflow, jax, torch" in result.stderr
    connection = Connection()
    monkeypatch.setattr(connection, "_embedded", object())
    assert connection.status().state == "failed" and "KERAS_BACKEND" in connection.status().problem


@DRAWN
@given(IN_AN_ENVIRONMENT)
def test_the_settings_of_the_gate_are_used_or_refused_before_the_first_request(text):
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CNNLAB_ALLOWED_HOSTS", text)
        patched.setenv("CNNLAB_FRAME_ANCESTORS", text)
        try:
            start, *_ = ask("localhost:8501")
        except InputRefused as refused:
            assert "CNNLAB_FRAME_ANCESTORS" in str(refused) and SENTENCE.match(str(refused))
            return
    assert start["status"] == 200
    policy = headers_of(start)["content-security-policy"]
    assert policy.startswith("frame-ancestors ") and ";" not in policy and "," not in policy
