"""Steps and cards as files: read, checked, and their texts filled with facts.

A file that cannot be used is answered with a sentence that names it; the others can still be read.
"""

import string
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError

from cnnlab.errors import InputRefused, LessonRefused
from cnnlab.lessons.facts import MEANINGS, TEXTS
from cnnlab.spec import ComparisonSpec, Settings

FOLDER = files("cnnlab.lessons")
MOST_SEEDS_OF_A_CARD = 10
VERDICT = "verdict"  # the answer of a step that is no fact

Network = Literal["model", "baseline"]
Lesson = TypeVar("Lesson", "Step", "Card")


class Step(Settings):
    """One step of the lab: a text, and a question that the person's own settings answer."""

    title: str
    network: Network
    """Which one is drawn beside it."""
    text: str
    question: str
    answer: str
    """The fact that answers the question, or 'verdict' for that of a trained comparison."""
    explanation: str = ""
    """Why, once the question has been answered."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """What differs from the lab's own settings where a person has the step set them."""

    @property
    def texts(self) -> tuple[str, ...]:
        """All that may name facts."""
        return self.title, self.text, self.question, self.explanation


class Card(Settings):
    """One exercise: a change of a network, whose effect is to be predicted."""

    title: str
    question: str
    network: Network
    """Which network of the lab is changed."""
    start: dict[str, Any] = Field(default_factory=dict)
    """How the network before the change differs from the lab's, by settings' paths."""
    change: dict[str, Any] = Field(min_length=1)
    """What is changed then, by settings' paths such as 'model.blocks.0.filters'."""
    images: int = 2000
    """Training images, those for validation included."""
    epochs: int = 5
    seeds: int = Field(5, ge=3, le=MOST_SEEDS_OF_A_CARD)

    @property
    def texts(self) -> tuple[str, ...]:
        """All that may name facts."""
        return self.title, self.question


def steps() -> dict[str, Step | str]:
    """The steps by their ids, in the order of their files' names; a sentence for one that cannot be used."""
    return _read("steps", Step)


def cards() -> dict[str, Card | str]:
    """The cards, like `steps`."""
    return _read("cards", Card)


def _read(folder: str, kind: type[Lesson]) -> dict[str, Lesson | str]:
    found: dict[str, Lesson | str] = {}
    for file in sorted(FOLDER.joinpath(folder).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            name = file.name.removesuffix(".toml")
            try:
                found[name] = _lesson(file, kind)
            except LessonRefused as refused:
                found[name] = str(refused)
    return found


def _lesson(file: Traversable, kind: type[Lesson]) -> Lesson:
    return parsed(file.read_text("utf-8"), file.name, kind)


def parsed(content: str, name: str, kind: type[Lesson]) -> Lesson:
    """A lesson from the text of its file. Raises `LessonRefused`, which names the file and the line."""
    try:
        lesson = kind.model_validate(tomllib.loads(content))
    except tomllib.TOMLDecodeError as error:
        raise LessonRefused(f"The lesson '{name}' is not valid TOML: {error}. Correct the file.") from error
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(map(str, problem["loc"]))
        raise LessonRefused(f"The lesson '{name}' cannot be used: '{where}': {problem['msg']}.") from error
    for text in lesson.texts:
        for fact in named(text):
            if not is_known(fact):
                raise LessonRefused(
                    f"The lesson '{name}' names '{{{fact}}}', which is no fact: see the list in the README."
                )
    if isinstance(lesson, Step):
        _require_answer(lesson, name)
        lesson_settings(lesson, ComparisonSpec())
    return lesson


def _require_answer(step: Step, name: str) -> None:
    if step.answer != VERDICT and (not is_known(step.answer) or is_text(step.answer)):
        raise LessonRefused(
            f"The lesson '{name}' has the answer '{step.answer}': it must be '{VERDICT}', or a fact that is "
            "a number, by the list in the README."
        )


def lesson_settings(step: Step, own: ComparisonSpec) -> ComparisonSpec:
    """What a step sets: the lab's networks with its own changes, on a person's data.

    Raises `LessonRefused` where a setting does not exist, or its value is refused.
    """
    return with_settings(ComparisonSpec(data=own.data), step.settings, f"The lesson '{step.title}'")


def with_settings(
    comparison: ComparisonSpec, paths: Mapping[str, Any], owner: str, where: str = ""
) -> ComparisonSpec:
    """A comparison with settings changed by their paths; raises `LessonRefused` as `lesson_settings` does.

    `owner` and `where` begin and end what the sentence says of the setting: "… cannot set 'path' …: reason".
    """
    for path, value in paths.items():
        try:
            comparison = comparison.with_setting(path, value)
        except (InputRefused, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise LessonRefused(f"{owner} cannot set '{path}'{where}: {reason}") from error
    return comparison


def named(text: str) -> list[str]:
    """The facts that a text names in braces. Raises `LessonRefused` where braces do not match."""
    try:
        return [field for _, field, _, _ in string.Formatter().parse(text) if field is not None]
    except ValueError as error:
        raise LessonRefused(f"A lesson's braces do not match: {error}.") from error


def is_known(fact: str) -> bool:
    """Whether there is such a fact, in some settings at least."""
    if fact in MEANINGS:
        return "LAYER" not in fact
    kind, _, rest = fact.partition("_")
    number, _, what = rest.partition("_")
    return kind in ("conv", "pool") and number.isdecimal() and f"LAYER_{what}" in MEANINGS


def is_text(fact: str) -> bool:
    """Whether a fact is a text, and so no answer to a question for a number."""
    return fact in TEXTS or fact.endswith("_why")


def missing(lesson: Step | Card, facts: Mapping[str, int | str]) -> list[str]:
    """The facts that a lesson needs and the settings do not have."""
    needed = [fact for text in lesson.texts for fact in named(text)]
    if isinstance(lesson, Step) and lesson.answer != VERDICT:
        needed.append(lesson.answer)
    if isinstance(lesson, Step) and (lesson.answer == VERDICT or lesson.network == "baseline"):
        needed.append("baseline")
    return [fact for fact in dict.fromkeys(needed) if fact not in facts]


def filled(text: str, facts: Mapping[str, int | str]) -> str:
    """A text with its facts in place of their names; whole numbers with commas for thousands."""
    return text.format_map(
        {name: f"{fact:,}" if isinstance(fact, int) else fact for name, fact in facts.items()}
    )
