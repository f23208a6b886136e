"""Exercise cards at work: the study that answers one, and what its seeds say to a person's prediction."""

from typing import Any

from cnnlab import words
from cnnlab.checks import refusals
from cnnlab.errors import LessonRefused, SettingsRefused
from cnnlab.evidence.seed_noise import Gap
from cnnlab.lessons.texts import Card, with_settings
from cnnlab.runs.comparable import Setting, settings
from cnnlab.spec import ComparisonSpec, RunSpec, network_title
from cnnlab.studies import plan
from cnnlab.studies.plan import Effect, Study

EFFECTS: dict[Effect, str] = {"better": "Better", "worse": "Worse", "no difference": "No difference"}
LAB = ComparisonSpec()


def before(card: Card, own: ComparisonSpec | None = None) -> ComparisonSpec:
    """The comparison with the network as it is before the change.

    `own`: a person's own settings to begin with; by default the lab's, with the card's images and epochs.

    Raises `LessonRefused` where a path of the card does not exist, or a value is refused.
    """
    if own is not None:
        return _changed(card, own, card.start)
    return _changed(card, LAB, {"data.images": card.images, "training.epochs": card.epochs} | card.start)


def after(card: Card, own: ComparisonSpec | None = None) -> ComparisonSpec:
    """The comparison with the changed network. Raises `LessonRefused`."""
    return _changed(card, before(card, own), card.change)


def _changed(card: Card, comparison: ComparisonSpec, paths: dict[str, Any]) -> ComparisonSpec:
    return with_settings(comparison, paths, f"The exercise '{card.title}'", " here")


def study(card: Card, own: ComparisonSpec | None = None) -> Study:
    """The trainings that answer the card. Raises `LessonRefused`, or `SettingsRefused` with the reasons."""
    first, then = before(card, own), after(card, own)
    specs = _changed_network(card, then), _changed_network(card, first)
    for spec in specs:
        if reasons := refusals(spec):
            raise SettingsRefused(" ".join(reasons))
    if specs[0] == specs[1]:
        raise LessonRefused(f"The exercise '{card.title}' changes nothing here: the settings are so already.")
    return plan.change(card.title, first, specs, _labels(*specs), card.seeds)


def _changed_network(card: Card, comparison: ComparisonSpec) -> RunSpec:
    spec = comparison.runs().get(card.network)
    if spec is None:
        raise LessonRefused(f"The exercise '{card.title}' changes the baseline, and there is none here.")
    return spec


def changes(card: Card, own: ComparisonSpec | None = None) -> str:
    """What the card changes, in words: 'filters 64 → 32'. Raises `LessonRefused`."""
    specs = [_changed_network(card, comparison) for comparison in (before(card, own), after(card, own))]
    return "; ".join(
        f"{_name(each)} {each.words[0]} → {each.words[1]}" for each in settings(specs) if each.differs
    )


def _labels(changed: RunSpec, was: RunSpec) -> tuple[str, str]:
    """What both are called: their titles, with what differs where these are the same."""
    titles = network_title(changed.model), network_title(was.model)
    if titles[0] != titles[1]:
        return titles
    differing = [each for each in settings([changed, was]) if each.differs]
    names = [words.listing([_setting(each, each.words[side]) for each in differing]) for side in (0, 1)]
    return f"{titles[0]}, {names[0]}", f"{titles[1]}, {names[1]}"


def _setting(setting: Setting, value: str) -> str:
    """'15 epochs', 'average pooling', 'kernel size 5', 'no batch normalisation'."""
    name = _name(setting)
    if value in ("yes", "no"):
        return name if value == "yes" else f"no {name}"
    is_number = value[:1].isdecimal()
    return f"{name} {value}" if is_number and not name.endswith("s") else f"{value} {name}"


def _name(setting: Setting) -> str:
    return setting.name.removesuffix(" of every block")


def effect(gap: Gap) -> Effect:
    """What the change did, as far as the seeds tell; in `gap` the changed network comes first."""
    if not gap.is_significant:
        return "no difference"
    return "better" if gap.mean > 0 else "worse"


def answer(predicted: Effect, names: tuple[str, str], gap: Gap) -> str:
    """How the prediction compares with what the seeds say, in sentences.

    Args:
        predicted: What the person said of the changed network.
        names: The changed network, and the one before the change.
        gap: Of their test accuracies, the changed network first.
    """
    found = effect(gap)
    points = words.number(100 * abs(gap.mean), 1)
    ahead = f"{names[0] if gap.mean > 0 else names[1]} is ahead by {points} points on average"
    if found == "no difference":
        says = f"no difference that exceeds the noise of the seeds ({ahead})" if gap.mean else "no difference"
    else:
        says = f"{found}: {ahead}"
    return f"You said: {EFFECTS[predicted].lower()}. {words.count(gap.seeds, 'seed')} say: {says}."
