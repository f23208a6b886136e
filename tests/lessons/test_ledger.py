"""What a class expected, counted."""

import numpy as np
import pytest

from cnnlab.evidence.seed_noise import gap
from cnnlab.lessons import exercises, texts
from cnnlab.lessons.ledger import Ledger, in_words, ledger
from cnnlab.lessons.texts import Card
from cnnlab.studies.plan import Effect, Study

CARDS = [card for card in texts.cards().values() if isinstance(card, Card)]
QUESTION, OTHER = (exercises.study(card) for card in CARDS[:2])
WORSE = gap(np.array([0.80, 0.81, 0.79]), np.array([0.90, 0.91, 0.895]))
SAME = gap(np.array([0.80, 0.83, 0.79, 0.8, 0.82]), np.array([0.81, 0.81, 0.80, 0.8, 0.81]))


def said(effect: Effect | None, question: Study = QUESTION) -> Study:
    return question.model_copy(update={"predicted": effect})


def counts(*answered: tuple[str, Study]) -> tuple[int, ...]:
    """How many expected an improvement, a drop, and no difference."""
    return tuple(ledger(QUESTION, answered).counts.values())


def test_nobody_has_answered():
    assert counts() == (0, 0, 0) and ledger(QUESTION, []).answers == 0


def test_of_each_visitor_the_latest_answer_counts():
    assert counts(("ann", said("worse")), ("ben", said("worse")), ("ann", said("better"))) == (0, 2, 0)


def test_without_a_visitor_each_answer_counts():
    assert counts(("", said("worse")), ("", said("no difference")), ("", said("worse"))) == (0, 2, 1)


def test_other_questions_and_studies_without_a_prediction_do_not_count():
    assert counts(("ann", said("worse", OTHER)), ("ben", said(None)), ("ann", said("better"))) == (1, 0, 0)


def test_an_answer_counts_also_where_all_its_runs_are_reused():
    trainings = tuple(each.model_copy(update={"run_id": "stored"}) for each in QUESTION.trainings)
    reused = said("better").model_copy(update={"trainings": trainings})
    assert counts(("ann", reused)) == (1, 0, 0)


@pytest.mark.parametrize(
    ("expected", "seen", "words"),
    [
        ((3, 14, 5), SAME, "14 of 22 expected a drop; 5 seeds say: no difference."),
        ((3, 14, 5), None, "14 of 22 expected a drop."),
        ((4, 0, 4), WORSE, "4 of 8 each expected an improvement or no difference; 3 seeds say: worse."),
        ((1, 0, 0), WORSE, "1 of 1 expected an improvement; 3 seeds say: worse."),
    ],
)
def test_the_sentence(expected: tuple[int, int, int], seen, words: str):
    assert in_words(Ledger(dict(zip(exercises.EFFECTS, expected, strict=True))), seen) == words
