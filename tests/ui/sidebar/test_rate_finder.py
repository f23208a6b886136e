"""The learning-rate finder in the sidebar: what it asks a worker, what it shows, what it sets."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.errors import TrainerUnavailable
from cnnlab.evidence.rate_range import RateRange, rates
from cnnlab.ui.cached import rate_range
from cnnlab.ui.cached.trainer import trainer
from tests.dashboard import opened, press, run

RATES = rates()
FALLING = RateRange(RATES, 2.3 - np.exp(-((np.log10(RATES) + 1.5) ** 2)))
LEVEL = RateRange(RATES, np.full(len(RATES), 2.3))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list:
    """What workers are asked; they answer with a loss that falls, unless a test puts another answer first."""
    questions: list = []
    answers: list = [FALLING]

    def ask(function, spec, seconds):
        questions.append(spec)
        answer = answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(trainer().questions, "ask", ask)
    rate_range._tried.clear()
    yield [questions, answers]
    rate_range._tried.clear()


def texts(app: AppTest) -> str:
    return "\n".join(
        each.value for kind in ("markdown", "info", "warning", "caption") for each in app.get(kind)
    )


def test_the_suggested_rate_is_one_click_away(asked):
    app = opened(optimizer="sgd", epochs=3)
    press(app, "find_rate")
    questions, _ = asked
    assert [(spec.training.optimizer, spec.training.epochs) for spec in questions] == [("sgd", 5)]
    assert app.button(key="use_rate").label == "Use 0.003"
    press(app, "use_rate")
    assert app.session_state["cnnlab"].comparison.training.learning_rate == 0.003
    assert dict(app.query_params)["learning_rate"] == "0.003"
    assert "use_rate" not in {button.key for button in app.button}


def test_a_network_is_not_tried_twice_whatever_its_rate(asked):
    app = opened()
    press(app, "find_rate")
    press(app, "use_rate")
    press(app, "find_rate")
    assert len(asked[0]) == 1
    app.number_input(key="batch_size").set_value(64)
    run(app)
    press(app, "find_rate")
    assert len(asked[0]) == 2


def test_where_the_loss_does_not_fall_nothing_is_offered(asked):
    asked[1].insert(0, LEVEL)
    app = opened()
    press(app, "find_rate")
    assert "No suggestion: the loss did not fall" in texts(app)
    assert "use_rate" not in {button.key for button in app.button}


def test_a_trainer_that_is_not_there_is_a_sentence(asked):
    asked[1].insert(0, TrainerUnavailable("The trainer is not running."))
    app = opened()
    press(app, "find_rate")
    assert "The trainer is not running." in texts(app)


def test_refused_settings_open_nothing(asked):
    app = opened(images=20_000)
    press(app, "find_rate")
    assert asked[0] == []
