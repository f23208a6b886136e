"""The files of a run: the network, its weights and kernels, its predictions, and what else is stored.

Files and arrays in and out; what they are good for is not known here, nor is Keras.
"""

import contextlib
import functools
import io
import re
import tempfile
import uuid
import zipfile
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from cnnlab import store_address
from cnnlab.data.formats import DAMAGED_NPZ
from cnnlab.errors import ArtifactDamaged, RunNotFound, StoreUnavailable, UserError
from cnnlab.runs import store
from cnnlab.runs.store_errors import in_sentences, temporary_files_in_sentences

MISSING = "The run has no '{}': it was not written, or has been deleted."
UNREADABLE = "The store of runs does not give the file '{}' of this run: {}"
_WEIGHTS_NAME = re.compile(r"epoch_(\d+)\.npz")
DAMAGED = "The file '{}' of this run is damaged, and cannot be read: train the network again."
MODEL = "model.keras"
STOPPING = "stopping.npz"
WEIGHTS = "weights"  # the folder of a run's weights by epoch


def kernels(run_id: str) -> dict[str, np.ndarray]:
    """The stored kernels: 'epochs' (E,) int, and each layer's (E, …) float32. Raises `RunNotFound`."""
    return load_npz(run_id, "kernels.npz")


def predictions(run_id: str) -> dict[str, np.ndarray]:
    """'probabilities' (N, classes) float32 and 'labels' (N,) of the test set. Raises `RunNotFound`."""
    return load_npz(run_id, "test_predictions.npz")


def stopping(run_id: str) -> dict[str, np.ndarray]:
    """What the rules that may end a training knew when its network was stored. Raises `RunNotFound`."""
    return load_npz(run_id, STOPPING)


def model_content(run_id: str) -> bytes:
    """The network as Keras stored it, with its optimizer's state: a `.keras` file. Raises `RunNotFound`."""
    return read(run_id, MODEL)


def has_model(run_id: str) -> bool:
    """Whether a network was stored."""
    return MODEL in _names(run_id)


def _names(run_id: str, folder: str | None = None) -> list[str]:
    """The names of a run's artifacts in a folder."""
    local = folder_of(run_id)
    if local:
        path = local / (folder or "")
        return [file.name for file in path.iterdir()] if path.is_dir() else []
    return [Path(file.path).name for file in store.client().list_artifacts(run_id, folder)]


def weight_epochs(run_id: str) -> list[int]:
    """The epochs at which a run's weights were stored, in order; 0 is before training."""
    names = (_WEIGHTS_NAME.fullmatch(name) for name in _names(run_id, WEIGHTS))
    return sorted(int(match[1]) for match in names if match)


def last_weights_epoch(run_id: str) -> int:
    """The epoch of the last stored weights. Raises `RunNotFound` where there are none."""
    epochs = weight_epochs(run_id)
    if not epochs:
        raise RunNotFound(MISSING.format(WEIGHTS))
    return epochs[-1]


def weights(run_id: str, epoch: int) -> list[np.ndarray]:
    """All weights at an epoch, as those of `keras.Model.get_weights`, float32.

    Raises `RunNotFound` if they are missing, else `ArtifactDamaged`.
    """
    return list(load_npz(run_id, _weights_name(epoch)).values())


def weights_version(run_id: str, epoch: int) -> str:
    """Something that differs once the weights at an epoch may have been replaced. Raises `RunNotFound`."""
    folder = folder_of(run_id)
    if folder:
        with _missing_in_words(_weights_name(epoch)):
            return str((folder / _weights_name(epoch)).stat().st_mtime_ns)
    run = store.stored(run_id)
    return f"{run.info.status} {run.info.end_time} {run.data.metrics.get('val_loss')}"


def save_weights(run_id: str, by_epoch: dict[int, list[np.ndarray]]) -> None:
    """Stores all weights at some epochs, in place of earlier ones."""
    for epoch, arrays in by_epoch.items():
        buffer = io.BytesIO()
        np.savez(buffer, *arrays)
        save(run_id, _weights_name(epoch), buffer.getvalue())


def _weights_name(epoch: int) -> str:
    return f"{WEIGHTS}/epoch_{epoch:05}.npz"


def save(run_id: str, name: str, content: bytes) -> None:
    """Stores an artifact, in place of an earlier one of this name; readers never see half of it."""
    local = folder_of(run_id)
    if local:
        with in_sentences(store_address.store_uri()):
            _write(local / name, content)
        return
    with temporary_files_in_sentences(), tempfile.TemporaryDirectory(prefix="cnnlab-") as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(content)
        store.client().log_artifact(run_id, str(path), _parent(name))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def save_npz(run_id: str, name: str, arrays: dict[str, np.ndarray]) -> None:
    """Stores arrays as an artifact."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    save(run_id, name, buffer.getvalue())


def load_npz(run_id: str, name: str) -> dict[str, np.ndarray]:
    """The arrays that `save_npz` stored. Raises `RunNotFound` if it is missing, else `ArtifactDamaged`."""
    content = io.BytesIO(read(run_id, name))
    with _damage_in_words(name), np.load(content, allow_pickle=False) as arrays:
        return dict(arrays)


def require_model(run_id: str) -> None:
    """Raises `RunNotFound` if no network is stored."""
    if not has_model(run_id):
        raise RunNotFound(MISSING.format(MODEL))


def require_whole_model(run_id: str) -> None:
    """Raises `RunNotFound` if no network is stored, `ArtifactDamaged` if it is no Keras file."""
    if not zipfile.is_zipfile(io.BytesIO(model_content(run_id))):
        raise ArtifactDamaged(DAMAGED.format(MODEL))


def needs_cnnlab(content: bytes) -> bool:
    """Whether a `.keras` file has a layer of cnnlab, as older versions wrote it. Raises `ArtifactDamaged`."""
    with _damage_in_words(MODEL), zipfile.ZipFile(io.BytesIO(content)) as parts:
        return b'"cnnlab' in parts.read("config.json")


@contextlib.contextmanager
def _damage_in_words(name: str) -> Generator[None]:
    try:
        yield
    except DAMAGED_NPZ as error:
        raise ArtifactDamaged(DAMAGED.format(name)) from error


def read(run_id: str, name: str) -> bytes:
    """The content of an artifact. Raises `RunNotFound`."""
    folder = folder_of(run_id)
    if folder:
        with _missing_in_words(name):
            return (folder / name).read_bytes()
    try:
        with temporary_files_in_sentences(), tempfile.TemporaryDirectory(prefix="cnnlab-") as copies:
            return Path(store.client().download_artifacts(run_id, name, copies)).read_bytes()
    except UserError:
        raise
    except Exception as error:  # what an artifact store raises is its library's own affair
        if Path(name).name in _names(run_id, _parent(name)):
            raise StoreUnavailable(UNREADABLE.format(name, str(error).partition("\n")[0]), True) from error
        raise RunNotFound(MISSING.format(name)) from error


def _parent(name: str) -> str | None:
    """The folder among the artifacts; None for what is in none."""
    parent = Path(name).parent.as_posix()
    return None if parent == "." else parent


@contextlib.contextmanager
def _missing_in_words(name: str) -> Generator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise RunNotFound(MISSING.format(name)) from error


@functools.lru_cache(maxsize=1000)
def folder_of(run_id: str) -> Path | None:
    """A run's artifacts in this machine's files; None where they are elsewhere. Raises `RunNotFound`.

    Those of a store in SQLite are beside its database, wherever that has been moved since the run was made.
    """
    from mlflow.utils.file_utils import local_file_uri_to_path

    uri = store.stored(run_id).info.artifact_uri or ""
    scheme = urlsplit(uri).scheme
    if scheme not in ("", "file") and len(scheme) > 1:  # one letter is a drive of Windows
        return None
    path = Path(local_file_uri_to_path(uri))
    database = store_address.sqlite_folder()
    moved = database / "artifacts" / run_id / "artifacts" if database else path
    return moved if path.parts[-3:] == ("artifacts", run_id, "artifacts") and not path.exists() else path
