"""How the pages tell of a training that a rule ended before its last epoch."""

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.spec import PRESETS
from cnnlab.trainer.status import TrainerStatus
from cnnlab.ui.cached.trainer import trainer
from cnnlab.worker import train
from tests.dashboard import answer_here, opened

PATIENT = (
    PRESETS["small"]
    .with_setting("data.images", 200)
    .with_setting("training.optimizer", "sgd")
    .with_setting("training.learning_rate", 0.5)
    .with_setting("training.epochs", 9)
    .with_setting("training.patience", 1)
    .with_setting("training.schedule", "cosine")
)


@pytest.fixture(scope="module")
def members() -> dict[str, runs.Run]:
    for role, spec in PATIENT.runs().items():
        train.train(runs.create(role, "ended by patience", spec))
    return runs.members("ended by patience")


@pytest.fixture(autouse=True)
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer(), "status", lambda: TrainerStatus("ready", ("CPU", "CPU")))
    monkeypatch.setattr(trainer().questions, "live_view", lambda run_id, image: None)
    answer_here(monkeypatch)


def texts(app: AppTest) -> str:
    return "\n".join(each.value for kind in ("caption", "info", "markdown") for each in app.main.get(kind))


def test_the_rule_has_ended_at_least_one_of_the_trainings(members):
    assert any(run.reason.startswith("Stopped at epoch") for run in members.values())


def test_the_lab_says_why_a_training_ended_and_which_weights_were_tested(members):
    app = opened()
    for run in members.values():
        assert run.reason in texts(app)
    [table] = [frame.value for frame in app.main.dataframe if "Tested weights" in frame.value]
    assert list(table["Tested weights"]) == [
        f"of epoch {run.metrics['tested_epoch']:.0f}, the best" for run in members.values()
    ]


def test_the_page_of_a_run_tells_it_too_and_shows_the_rates(members):
    run = members["model"]
    app = opened("run", run=run.run_id)
    assert run.reason in texts(app)
    assert f"tested with the weights of epoch {run.metrics['tested_epoch']:.0f}" in texts(app)
    assert not app.main.warning and not app.main.error
