"""Exercise cards: which trainings answer them, what they are called, and what is said to a prediction."""

import numpy as np
import pytest

from cnnlab.errors import LessonRefused, SettingsRefused
from cnnlab.evidence.seed_noise import gap
from cnnlab.lessons import exercises, texts
from cnnlab.lessons.texts import Card
from cnnlab.spec import ComparisonSpec
from cnnlab.studies.plan import Study

CARDS = {name: card for name, card in texts.cards().items() if isinstance(card, Card)}
TWO_MINUTES_OF_IMAGES = 250_000  # image passes of CNN 64-64 on two cores, with room


def card(**changed) -> Card:
    return Card.model_validate(
        {"title": "T", "question": "Q", "network": "model", "change": {"training.epochs": 2}} | changed
    )


@pytest.mark.parametrize("name", CARDS)
def test_each_card_changes_one_network_and_pairs_its_seeds(name):
    study = exercises.study(CARDS[name])
    assert len(study.arms) == CARDS[name].seeds
    for arm in study.arms:
        changed, was = study.training(arm, "model"), study.training(arm, "baseline")
        assert changed.spec.training.seed == was.spec.training.seed
        assert changed.spec.data == was.spec.data
        assert changed.spec != was.spec
    assert len({each.spec.model_dump_json() for each in study.trainings}) == len(study.trainings)
    assert study.networks[0] != study.networks[1]


@pytest.mark.parametrize("name", CARDS)
def test_each_card_is_small_enough_for_two_minutes(name):
    study = exercises.study(CARDS[name])
    passes = sum(each.spec.data.images * each.spec.training.epochs for each in study.trainings)
    dense = CARDS[name].network == "baseline"
    assert passes <= TWO_MINUTES_OF_IMAGES * (10 if dense else 1)


@pytest.mark.parametrize(
    ("name", "changes", "networks"),
    [
        ("01-half-the-filters", "filters 64 → 32", ("CNN 32-32", "CNN 64-64")),
        ("03-without-the-last-convolution", "convolution blocks 2 → 1", ("CNN 64", "CNN 64-64")),
        ("05-only-the-first-convolution", "convolution blocks 3 → 1", ("CNN 64", "CNN 64-64-64")),
        ("07-a-much-wider-dense-network", "dense units 128 → 1,024", ("Dense 1024", "Dense 128")),
        ("08-longer-training", "epochs 5 → 15", ("Dense 128, 15 epochs", "Dense 128, 5 epochs")),
        ("11-min-pooling", "pooling max → min", ("CNN 64-64, min pooling", "CNN 64-64, max pooling")),
    ],
)
def test_what_changes_and_what_the_networks_are_called(name, changes, networks):
    assert exercises.changes(CARDS[name]) == changes
    assert exercises.study(CARDS[name]).networks == networks


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (
            {"model.blocks.0.batch_norm": True},
            ("batch normalisation of block 1", "no batch normalisation of block 1"),
        ),
        ({"training.optimizer": "sgd"}, ("sgd optimizer", "adam optimizer")),
        ({"training.learning_rate": 0.01}, ("learning rate 0.01", "learning rate 0.001")),
        ({"data.images": 900}, ("900 training images", "2,000 training images")),
    ],
)
def test_networks_of_one_title_are_told_apart_by_what_differs(change, names):
    assert exercises.study(card(change=change)).networks == tuple(f"CNN 64-64, {name}" for name in names)


def test_a_study_of_an_exercise_is_the_same_after_it_was_stored():
    study = exercises.study(CARDS["08-longer-training"]).model_copy(update={"predicted": "better"})
    assert Study.model_validate_json(study.model_dump_json()) == study
    assert study.title == "Exercise: Three times as many epochs, 5 seeds · Fashion-MNIST"
    assert study.trainings[0].name == "Dense 128, 15 epochs, seed 0"


def test_a_card_can_begin_with_a_persons_own_settings():
    own = ComparisonSpec().with_setting("data.images", 500).with_setting("training.seed", 7)
    study = exercises.study(CARDS["01-half-the-filters"], own)
    assert study.arms[0] == "seed 7"
    assert {each.spec.data.images for each in study.trainings} == {500}


def test_what_a_card_cannot_do_here_is_said():
    one_block = ComparisonSpec().with_setting("model.blocks", [{}])
    with pytest.raises(LessonRefused, match=r"'T' cannot set 'model.blocks.1.filters' here"):
        exercises.study(card(change={"model.blocks.1.filters": 2}), one_block)
    with pytest.raises(LessonRefused, match="changes nothing here"):
        exercises.study(card(change={"training.epochs": 5}))
    with pytest.raises(LessonRefused, match="cannot set"):
        exercises.study(card(change={"model.blocks.0.filters": 0}))
    with pytest.raises(LessonRefused, match="changes the baseline, and there is none here"):
        exercises.study(card(network="baseline"), ComparisonSpec(baseline=None))
    with pytest.raises(SettingsRefused, match="pool"):
        exercises.study(card(change={"model.blocks.0.pool_size": 8}))


BETTER = gap(np.array([0.82, 0.83, 0.825]), np.array([0.80, 0.81, 0.804]))
NONE = gap(np.array([0.82, 0.80, 0.81]), np.array([0.81, 0.82, 0.81]))
SAME = gap(np.array([0.8, 0.8]), np.array([0.8, 0.8]))
NAMES = ("CNN 64", "CNN 64-64")


def test_the_answer_agrees_with_the_study():
    assert [exercises.effect(each) for each in (BETTER, NONE, SAME)] == [
        "better",
        "no difference",
        "no difference",
    ]
    assert exercises.answer("worse", NAMES, BETTER) == (
        "You said: worse. 3 seeds say: better: CNN 64 is ahead by 2.0 points on average."
    )
    assert exercises.answer("better", NAMES, NONE) == (
        "You said: better. 3 seeds say: no difference that exceeds the noise of the seeds "
        "(CNN 64-64 is ahead by 0.3 points on average)."
    )
    assert exercises.answer("no difference", NAMES, SAME).endswith("2 seeds say: no difference.")
    worse = gap(np.array([0.80, 0.81, 0.804]), np.array([0.82, 0.83, 0.825]))
    assert "worse: CNN 64-64 is ahead by 2.0 points" in exercises.answer("better", NAMES, worse)
