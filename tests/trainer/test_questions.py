"""Questions about trained networks, through the real local trainer."""

import time

import numpy as np
import pytest

from cnnlab import runs
from cnnlab.errors import RunNotFound, TrainerUnavailable
from cnnlab.spec import PRESETS
from cnnlab.trainer.connection import Connection
from cnnlab.trainer.questions import Questions
from cnnlab.trainer.trainer import Trainer
from cnnlab.worker import answers
from cnnlab.worker.rate_range import try_rates
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("trainer")

SMALL = PRESETS["small"].with_setting("data.images", 300)
LONG = SMALL.with_setting("training.batch_size", 4).with_setting("training.epochs", 500)
IMAGES = np.zeros((1, 28, 28, 1), np.float32)


@pytest.fixture
def training(trainer: Trainer):
    """The run ids of a model and its baseline, which occupy both workers."""
    members = runs.members(trainer.trainings.submit(LONG))
    ids = [run.run_id for run in members.values()]
    wait_until(lambda: all(runs.get(run_id).status == "training" for run_id in ids))
    wait_until(lambda: all(0 in runs.weight_epochs(run_id) for run_id in ids))
    yield ids
    trainer.trainings.order(ids, stop=True)
    wait_until(lambda: not any(runs.get(run_id).active for run_id in ids))


def test_a_question_does_not_wait_behind_the_trainings(trainer: Trainer, training):
    for run_id in training:
        probabilities = trainer.questions.ask(answers.classify, run_id, 0, IMAGES)
        assert probabilities.shape == (1, 10) and probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert all(runs.get(run_id).status == "training" for run_id in training)


def test_what_cannot_be_answered_is_raised_where_it_was_asked(trainer: Trainer, training):
    with pytest.raises(RunNotFound, match="epoch_00499"):
        trainer.questions.ask(answers.classify, training[0], 499, IMAGES)


def test_an_answer_that_does_not_come_in_time_is_said_to_be_missing(trainer: Trainer):
    impatient = Questions(trainer.connection, seconds=0.5)
    with pytest.raises(TrainerUnavailable, match="no answer within"):
        impatient.ask(time.sleep, 3)


def test_a_question_may_have_more_or_less_time_than_others(trainer: Trainer):
    with pytest.raises(TrainerUnavailable, match="no answer within 1 seconds"):
        trainer.questions.ask(time.sleep, 4, seconds=1)
    assert Questions(trainer.connection, seconds=0.1).ask(time.sleep, 0.3, seconds=20) is None


def test_a_worker_tries_learning_rates_while_it_trains(trainer: Trainer, training):
    tried = trainer.questions.ask(try_rates, SMALL.runs()["baseline"], seconds=120)
    assert len(tried.rates) == len(tried.losses) > 10
    assert all(runs.get(run_id).status == "training" for run_id in training)


def test_without_a_trainer_a_question_says_what_to_do():
    with pytest.raises(TrainerUnavailable, match="start the dashboard"):
        Questions(Connection()).ask(answers.classify, "any", 0, IMAGES)
