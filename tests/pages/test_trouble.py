"""Every page with a store that cannot be used, and with runs whose files are damaged."""

import pytest

from cnnlab import runs
from cnnlab.errors import ArtifactDamaged
from cnnlab.runs import artifacts
from cnnlab.spec import PRESETS
from cnnlab.worker import train
from tests.dashboard import answer_here, opened

PAGES = ("lab", "studies", "inside", "compare", "run", "runs")
SMALL = PRESETS["small"].with_setting("data.images", 100).with_setting("training.epochs", 1)


@pytest.mark.parametrize("page", PAGES)
def test_a_store_that_is_no_database_is_a_sentence_on_every_page(page, monkeypatch, tmp_path):
    path = tmp_path / "mlflow.db"
    path.write_text("Dear diary, " * 1000)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{path}")
    app = opened(page)
    said = [error.value for error in app.main.error]
    assert all("is not a database of MLflow: name another store" in text for text in said), said
    assert said and [button for button in app.main.button if button.key == "try_store_again"]


@pytest.fixture(scope="module")
def comparison() -> str:
    """A comparison of its own, whose files the tests damage."""
    for role, spec in SMALL.runs().items():
        train.train(runs.create(role, "damaged", spec))
    return "damaged"


@pytest.fixture(autouse=True)
def answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions are answered, in this process."""
    answer_here(monkeypatch)


DAMAGES = {
    "kernels": ("kernels.npz", b"PK damaged"),
    "empty kernels": ("kernels.npz", b""),
    "weights": ("weights/epoch_00001.npz", b"PK damaged"),
    "text for weights": ("weights/epoch_00001.npz", b"no archive"),
    "an odd name": ("weights/backup of epoch.npz", b"anything"),
    "predictions": ("test_predictions.npz", b"\x93NUMPY"),
    "settings": ("spec.json", b"{"),
    "robustness": ("robustness_shift.npz", b"PK damaged"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("page", ["lab", "inside", "compare", "run", "runs"])
def test_a_damaged_file_is_a_sentence_and_the_page_is_there(page, damage, comparison):
    name, content = DAMAGES[damage]
    folder = artifacts.folder_of(runs.members(comparison)["model"].run_id)
    path = folder / name
    before = path.read_bytes() if path.exists() else None
    path.write_bytes(content)
    try:
        app = opened(page, comparison=comparison)  # fails where an exception reaches the page
        assert app.title
    finally:
        path.unlink()
        if before is not None:
            path.write_bytes(before)


def test_a_network_that_is_damaged_cannot_be_continued_and_stays_as_it_was(comparison):
    run = runs.members(comparison)["model"]
    path = artifacts.folder_of(run.run_id) / artifacts.MODEL
    before = path.read_bytes()
    path.write_bytes(b"no network")
    try:
        with pytest.raises(ArtifactDamaged, match=r"'model\.keras' of this run is damaged"):
            runs.reopen(run.run_id, 9)
    finally:
        path.write_bytes(before)
    assert runs.get(run.run_id) == run
