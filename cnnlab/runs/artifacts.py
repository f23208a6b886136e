"""The files of a run: the network, its weights and kernels, its predictions, and what else is stored.

Files and arrays in and out; what they are good for is not known here, nor is Keras.
"""

import functools
import io
import tempfile
from pathlib import Path

import numpy as np

from cnnlab.errors import RunNotFound
from cnnlab.runs import store

MISSING = "The run has no '{}': it was not written, or has been deleted."
WEIGHTS = "weights"  # the folder of a run's weights by epoch


def kernels(run_id: str) -> dict[str, np.ndarray]:
    """The stored kernels: 'epochs' (E,) int, and each layer's (E, …) float32. Raises `RunNotFound`."""
    return load_npz(run_id, "kernels.npz")


def predictions(run_id: str) -> dict[str, np.ndarray]:
    """'probabilities' (N, classes) float32 and 'labels' (N,) of the test set. Raises `RunNotFound`."""
    return load_npz(run_id, "test_predictions.npz")


def model_file(run_id: str) -> Path:
    """The network as Keras stored it, with its optimizer's state. Raises `RunNotFound`."""
    return path_of(run_id, "model.keras")


def weight_epochs(run_id: str) -> list[int]:
    """The epochs at which a run's weights were stored, in order; 0 is before training."""
    stored = store.client().list_artifacts(run_id, WEIGHTS)
    return sorted(int(Path(file.path).stem.removeprefix("epoch_")) for file in stored)


def last_weights_epoch(run_id: str) -> int:
    """The epoch of the last stored weights. Raises `RunNotFound` where there are none."""
    epochs = weight_epochs(run_id)
    if not epochs:
        raise RunNotFound(MISSING.format(WEIGHTS))
    return epochs[-1]


def weights_file(run_id: str, epoch: int) -> Path:
    """All weights at an epoch, for `read_weights`. Raises `RunNotFound`."""
    return path_of(run_id, f"{WEIGHTS}/{_weights_name(epoch)}")


def read_weights(file: Path) -> list[np.ndarray]:
    """The arrays of `keras.Model.get_weights`, float32."""
    with np.load(file, allow_pickle=False) as arrays:
        return list(arrays.values())


def save_weights(run_id: str, by_epoch: dict[int, list[np.ndarray]]) -> None:
    """Stores all weights at some epochs, in place of earlier ones."""
    with tempfile.TemporaryDirectory() as folder:
        for epoch, arrays in by_epoch.items():
            np.savez(Path(folder) / _weights_name(epoch), *arrays)
        store.client().log_artifacts(run_id, folder, WEIGHTS)


def _weights_name(epoch: int) -> str:
    return f"epoch_{epoch:05}.npz"


def save(run_id: str, name: str, content: bytes) -> None:
    """Stores an artifact, in place of an earlier one of this name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        store.client().log_artifact(run_id, str(path))


def save_npz(run_id: str, name: str, arrays: dict[str, np.ndarray]) -> None:
    """Stores arrays as an artifact."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    save(run_id, name, buffer.getvalue())


def load_npz(run_id: str, name: str) -> dict[str, np.ndarray]:
    """The arrays that `save_npz` stored. Raises `RunNotFound` where the artifact is missing."""
    with np.load(path_of(run_id, name), allow_pickle=False) as arrays:
        return dict(arrays)


def path_of(run_id: str, name: str) -> Path:
    """Where the artifact is; of a store that is elsewhere, a copy of it."""
    from mlflow.exceptions import MlflowException

    folder = folder_of(run_id)
    try:
        path = folder / name if folder else Path(store.client().download_artifacts(run_id, name))
    except (MlflowException, OSError) as error:
        raise RunNotFound(MISSING.format(name)) from error
    if not path.exists():
        raise RunNotFound(MISSING.format(name))
    return path


@functools.lru_cache(maxsize=1000)
def folder_of(run_id: str) -> Path | None:
    """A run's artifacts in this machine's files; None where they are elsewhere. Raises `RunNotFound`.

    MLflow's own download would copy each file, at each reading, into a folder that it leaves behind.
    """
    from mlflow.utils.file_utils import local_file_uri_to_path

    uri = store.stored(run_id).info.artifact_uri or ""
    return Path(local_file_uri_to_path(uri)) if uri.startswith("file:") or "://" not in uri else None
