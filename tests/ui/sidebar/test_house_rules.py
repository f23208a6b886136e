"""The limits of a dashboard, told in the sidebar before anything is pressed."""

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.lessons import texts
from cnnlab.trainer.limits import Limits
from cnnlab.trainer.status import TrainerStatus
from cnnlab.ui.cached.trainer import trainer
from tests.dashboard import answer_here, opened, run

RULE = "At most 20 epochs and 3,000 training images on this dashboard."


@pytest.fixture(autouse=True)
def limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer(), "status", lambda: TrainerStatus("ready", ("CPU", "CPU")))
    monkeypatch.setattr(trainer().trainings, "limits", Limits(epochs=20, images=3000))
    answer_here(monkeypatch)


def sidebar(app: AppTest) -> str:
    return "\n".join(str(each.value) for kind in ("caption", "error") for each in app.sidebar.get(kind))


def test_the_rules_stand_in_the_sidebar_and_what_keeps_them_can_be_trained():
    app = opened(images=3000, epochs=20)
    assert RULE in sidebar(app)
    assert not app.button(key="train").disabled


def test_without_limits_there_is_no_rule(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trainer().trainings, "limits", Limits())
    assert "on this dashboard" not in sidebar(opened(images=5000))


def test_settings_above_a_limit_are_refused_there_and_lowering_the_control_mends_it():
    app = opened(images=5000)
    assert "Training images must be at most 3,000 on this dashboard, not 5,000: lower" in sidebar(app)
    assert app.button(key="train").disabled
    app.sidebar.number_input(key="images").set_value(3000)
    run(app)
    assert "must be at most" not in sidebar(app) and not app.button(key="train").disabled


def test_a_study_above_a_limit_is_not_offered():
    app = opened("studies", images=3000)
    assert not app.main.button(key="study_start").disabled
    app.main.segmented_control(key="study_kind").set_value("images")
    run(app)
    assert app.main.button(key="study_start").disabled
    assert "Training images must be at most 3,000" in "\n".join(each.value for each in app.main.warning)


def test_an_exercise_above_a_limit_cannot_be_tried(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trainer().trainings, "limits", Limits(epochs=1))
    card = next(iter(texts.cards()))
    app = opened("learn", lesson=card, epochs=1)
    app.main.segmented_control(key=f"predicted_{card}").set_value("worse")
    run(app)
    assert app.main.button(key="exercise_start").disabled
    assert "Epochs must be at most 1" in "\n".join(each.value for each in app.main.warning)
