"""What a class expected of an exercise: the predictions of all who tried it, counted."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from cnnlab import words
from cnnlab.evidence.seed_noise import Gap
from cnnlab.lessons.exercises import EFFECTS, effect
from cnnlab.studies.plan import Effect, Study

EXPECTED: dict[Effect, str] = {
    "better": "an improvement",
    "worse": "a drop",
    "no difference": "no difference",
}


@dataclass(frozen=True)
class Ledger:
    """How many expected what; effects in the order of the question."""

    counts: dict[Effect, int]

    @property
    def answers(self) -> int:
        """How many have answered."""
        return sum(self.counts.values())


def same_question(first: Study, second: Study) -> bool:
    """Whether two exercises train the very same networks."""
    trainings = [[(each.key, each.spec) for each in study.trainings] for study in (first, second)]
    return trainings[0] == trainings[1]


def ledger(question: Study, answered: Iterable[tuple[str, Study]]) -> Ledger:
    """Counts the predictions of a question.

    Args:
        question: An exercise.
        answered: The visitor, and what they started, the newest first; exercises about other networks do not
            count. Of each visitor the newest prediction counts; without a visitor each one does, since
            nothing tells who made it.
    """
    counts: Counter[Effect] = Counter()
    counted: set[str] = set()
    for visitor, study in answered:
        if study.predicted is None or visitor in counted or not same_question(question, study):
            continue
        counts[study.predicted] += 1
        if visitor:
            counted.add(visitor)
    return Ledger({each: counts[each] for each in EFFECTS})


def in_words(ledger: Ledger, seen: Gap | None) -> str:
    """'14 of 22 expected a drop; 5 seeds say: no difference.'

    `seen`: what the seeds say, the changed network first; None while that is not known.
    """
    most = max(ledger.counts.values())
    leading = [EXPECTED[each] for each, count in ledger.counts.items() if count == most]
    each = " each" if len(leading) > 1 else ""
    expected = f"{most} of {ledger.answers}{each} expected {words.listing(leading, 'or')}"
    if seen is None:
        return f"{expected}."
    return f"{expected}; {words.count(seen.seeds, 'seed')} say: {effect(seen)}."
