"""The limits that whoever runs a dashboard sets for its visitors."""

import pytest

from cnnlab import runs
from cnnlab.arithmetic.network import layer_rows, totals
from cnnlab.checks import refusals
from cnnlab.errors import InputRefused, SettingsRefused
from cnnlab.spec import PRESETS, ConvNetSpec, RunSpec
from cnnlab.trainer.limits import NO_LIMITS, Limits
from cnnlab.trainer.trainings import Trainings
from tests.trainer.stubs import StubConnection

VARIABLES = {
    "CNNLAB_MAX_PARAMETERS": "parameters",
    "CNNLAB_MAX_EPOCHS": "epochs",
    "CNNLAB_MAX_IMAGES": "images",
    "CNNLAB_MAX_WAITING": "waiting",
}
LAB = PRESETS["lab"]
SMALL = PRESETS["small"].with_setting("data.images", 200).with_setting("training.epochs", 1)
PARAMS = totals(layer_rows(LAB.model, (28, 28, 1), 10)).params


@pytest.mark.parametrize(("variable", "name"), VARIABLES.items())
def test_each_variable_sets_its_limit_and_no_other(variable: str, name: str, monkeypatch: pytest.MonkeyPatch):
    for each in VARIABLES:
        monkeypatch.delenv(each, raising=False)
    assert Limits.of_environment() == NO_LIMITS
    monkeypatch.setenv(variable, " 12 ")
    assert Limits.of_environment() == Limits(**{name: 12})


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("text", ["0", "-3", "ten", "1e6", "2.5", "1 000", "²"])
def test_a_value_that_is_no_number_is_a_sentence_that_names_the_variable(
    variable: str, text: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(variable, text)
    with pytest.raises(InputRefused, match=f"{variable} must be a whole number above 0, not {text!r}"):
        Limits.of_environment()


def test_an_empty_value_is_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CNNLAB_MAX_EPOCHS", " ")
    assert Limits.of_environment().epochs is None


def test_settings_at_the_limit_are_allowed():
    images, epochs = LAB.data.images, LAB.training.epochs
    assert Limits(PARAMS, epochs, images).refusals(LAB) == [] == NO_LIMITS.refusals(LAB)


@pytest.mark.parametrize(
    ("limits", "control"),
    [
        (Limits(epochs=LAB.training.epochs - 1), "lower 'Epochs'"),
        (Limits(images=LAB.data.images - 1), "lower 'Training images'"),
        (Limits(parameters=PARAMS - 1), "lower 'Dense units'"),
        (Limits(parameters=100_000), "lower 'Baseline units'"),
    ],
    ids=str,
)
def test_settings_above_a_limit_are_refused_with_the_control_that_mends_it(limits: Limits, control: str):
    assert control in " ".join(limits.refusals(LAB)) and refusals(LAB) == []


def test_the_named_remedy_for_the_parameters_keeps_the_limit():
    [reason] = Limits(parameters=PARAMS - 1).refusals(RunSpec(data=LAB.data, model=LAB.model))
    assert f"{PARAMS:,} parameters" in reason and f"at most {PARAMS - 1:,} are allowed" in reason
    model = LAB.model.model_copy(update={"dense_units": 64})
    assert "'Dense units' to 64" in reason
    assert isinstance(model, ConvNetSpec)
    assert totals(layer_rows(model, (28, 28, 1), 10)).params < PARAMS


def test_the_rules_are_told_in_one_line():
    assert NO_LIMITS.rules == ""
    assert Limits(200_000, 10, 1, 4).rules == (
        "At most 200,000 parameters for each network, 10 epochs, 1 training image and 4 trainings of yours "
        "that wait or are under way on this dashboard."
    )


@pytest.mark.parametrize(
    ("new", "active", "words"),
    [(4, 0, ""), (0, 9, ""), (2, 3, "wait until some have ended"), (5, 0, "choose fewer seeds")],
)
def test_a_visitor_may_have_so_many_trainings_at_once(new: int, active: int, words: str):
    sentence = Limits(waiting=4).too_many(new, active)
    assert (words in sentence) if words else sentence == ""
    assert NO_LIMITS.too_many(10_000, 10_000) == ""


@pytest.fixture
def limited() -> Trainings:
    return Trainings(StubConnection(), Limits(epochs=2, waiting=3))


def end_all(trainings: Trainings, *comparisons: str) -> None:
    ids = [run.run_id for each in comparisons for run in runs.members(each).values()]
    trainings.order(ids, stop=True)


def test_another_visitor_is_not_held_up_and_what_is_stopped_no_longer_counts(limited: Trainings):
    first = limited.submit(SMALL, visitor="ann")
    newest = runs.recent(1)
    with pytest.raises(SettingsRefused, match="You have 2 trainings that wait or are under way"):
        limited.submit(SMALL, visitor="ann")
    assert runs.recent(1) == newest, "a refused training leaves no run"
    other = limited.submit(SMALL, visitor="ben")
    end_all(limited, first)
    again = limited.submit(SMALL, visitor="ann")
    end_all(limited, other, again)


def test_what_takes_the_place_of_a_training_under_way_does_not_count_beside_it(limited: Trainings):
    alone = SMALL.model_copy(update={"baseline": None})
    comparison = ""
    for seed in range(6):
        comparison = limited.tweak(alone.with_setting("training.seed", 100 + seed), visitor="ann")
    end_all(limited, comparison)


def test_a_training_is_continued_up_to_the_limit_only(limited: Trainings):
    run_id = runs.create("model", "continued beyond", SMALL.runs()["model"])
    runs.end(run_id, "stopped")
    with pytest.raises(SettingsRefused, match="would have 3: lower 'More epochs'"):
        limited.resume([run_id], 2)
    assert runs.get(run_id).status == "stopped"
