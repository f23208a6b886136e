"""The page Learn: steps follow the settings, cards ask first, and an address leads to each lesson."""

import uuid

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.lessons import challenge, exercises, texts
from cnnlab.lessons.texts import Card
from cnnlab.runs.recorder import Recorder
from cnnlab.spec import ComparisonSpec
from cnnlab.studies.plan import Effect, Study
from cnnlab.trainer.status import TrainerStatus
from cnnlab.ui.cached.trainer import study_queue, trainer
from cnnlab.ui.learn import exercises as learn_exercises
from cnnlab.ui.learn.choice import PART, Part
from tests.dashboard import answer_here, opened, press, run, turned_to

READY = TrainerStatus("ready", ("CPU", "CPU"))
CARD = "01-half-the-filters"


@pytest.fixture(autouse=True)
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer(), "status", lambda: READY)
    answer_here(monkeypatch)


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> list[Study]:
    """The studies that the page starts; none is trained."""
    studies: list[Study] = []

    def submit(study: Study, visitor: str) -> str:
        studies.append(study)
        return runs.create_study(study.kind, study.title, study.model_dump_json().encode())

    monkeypatch.setattr(study_queue(), "submit", submit)
    return studies


def learn(lesson: str = "", **settings) -> AppTest:
    return opened("learn", **({"lesson": lesson} if lesson else {}), **settings)


def said(app: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "success", "warning", "error", "subheader")
    return "\n".join(str(each.value) for kind in kinds for each in app.main.get(kind))


def guess(app: AppTest, name: str, number: int) -> None:
    app.main.number_input(key=f"learn_guess_{name}").set_value(number)
    next(each for each in app.main.button if each.label == "Check").click()
    run(app)


def test_the_page_begins_with_the_first_step_and_leads_through_all_seven():
    app = learn()
    names = list(texts.steps())
    for number, name in enumerate(names):
        assert app.query_params["lesson"] == name
        if number < len(names) - 1:
            press(app, "learn_next")
    press(app, "learn_back")
    assert app.query_params["lesson"] == names[-2]
    press(app, "learn_next")
    press(app, "learn_exercises")
    assert app.query_params["lesson"] == next(iter(texts.cards()))


def test_a_right_answer_is_right_and_a_wrong_one_gets_the_number_and_the_reason():
    app = learn("3-why-26")
    guess(app, "3-why-26", 28)
    assert "You said 28. It is 26." in said(app)
    assert "28 − 3 + 1 = 26" in said(app)
    guess(app, "3-why-26", 26)
    assert "Right: 26." in said(app)


def test_the_numbers_follow_settings_that_change_in_the_middle_of_a_lesson():
    app = learn("4-parameters", filters=16)
    guess(app, "4-parameters", 2320)
    assert "Right: 2,320." in said(app)
    app.sidebar.slider(key="kernel_size").set_value(5)
    run(app)
    assert "You said 2,320. It is 6,416." in said(app)
    assert "Why 416 and 6,416?" in said(app)
    assert any("your own settings" in each.value for each in app.main.caption)
    press(app, "learn_set")
    assert "It is 36,928." in said(app)


def test_the_answer_can_be_shown_without_a_guess():
    app = learn("6-flatten")
    next(each for each in app.main.button if each.label == "Show the answer").click()
    run(app)
    assert "It is 1,600." in said(app)


def test_a_step_that_the_settings_cannot_answer_says_what_it_needs_and_mends_it():
    app = learn("5-pooling", blocks=1)
    assert "This step needs pool_2 and conv_2, which your networks do not have" in said(app)
    press(app, "learn_set")
    assert "Pooling, and why 5?" in said(app)


def test_settings_that_cannot_be_trained_are_refused_with_the_way_back():
    app = learn("2-convolution", pool_size=8)
    assert app.main.error
    press(app, "learn_set")
    assert not app.main.error
    assert "A convolution" in said(app)


def test_the_comparison_is_predicted_trained_and_answered(monkeypatch):
    submitted = []
    monkeypatch.setattr(trainer().trainings, "submit", lambda *arguments: submitted.append(arguments))
    app = learn("7-comparison", images=310, filters=4)
    assert not [each for each in app.main.button if each.key == "learn_train"], "the prediction comes first"
    app.main.segmented_control(key="learn_guess_7-comparison").set_value("CNN 4-4")
    run(app)
    press(app, "learn_train")
    [(comparison, *_)] = submitted
    assert comparison.model.blocks[0].filters == 4
    _finish_pair(comparison)
    run(app)
    assert "You said: CNN 4-4. The test images say: Dense 128." in said(app)
    assert "Dense 128 is better than CNN 4-4 by" in said(app)


def _finish_pair(comparison: ComparisonSpec) -> None:
    from cnnlab.worker import train

    together = uuid.uuid4().hex
    for role, spec in comparison.with_setting("training.epochs", 5).runs().items():
        train.train(runs.create(role, together, spec))


def test_a_card_asks_for_a_prediction_before_it_starts(submitted):
    app = learn(CARD)
    assert app.main.button(key="exercise_start").disabled
    app.main.segmented_control(key=f"predicted_{CARD}").set_value("worse")
    run(app)
    press(app, "exercise_start")
    card = texts.cards()[CARD]
    assert isinstance(card, Card)
    [study] = submitted
    assert study == exercises.study(card).model_copy(update={"predicted": "worse"})
    assert "You said: **worse**." in said(app)


def _finish(study: Study, accuracies: dict[str, list[float]]) -> None:
    study_id = runs.create_study(study.kind, study.title, study.model_dump_json().encode())
    for training in study.trainings:
        run_id = runs.create(
            training.role,
            uuid.uuid4().hex,
            training.spec,
            name=training.name,
            study=study_id,
            study_kind=study.kind,
            arm=training.arm,
        )
        runs.start(run_id, "CPU")
        recorder = Recorder(run_id, epochs=5)
        accuracy = accuracies[training.role][study.arms.index(training.arm)]
        recorder.log_metrics(10, {"val_loss": 0.5, "val_accuracy": accuracy, "test_accuracy": accuracy})
        recorder.close()
        runs.end(run_id, "finished")


def test_the_verdict_on_a_prediction_is_that_of_the_study():
    card = texts.cards()["10-average-pooling"]
    assert isinstance(card, Card)
    study = exercises.study(card).model_copy(update={"predicted": "better"})
    _finish(study, {"model": [0.80, 0.81, 0.79, 0.80, 0.81], "baseline": [0.84, 0.85, 0.84, 0.83, 0.85]})
    app = learn("10-average-pooling")
    assert (
        "You said: better. 5 seeds say: worse: CNN 64-64, max pooling is ahead by 4.0 points on average."
    ) in said(app)
    assert "CNN 64-64, max pooling is better than CNN 64-64, average pooling by 4.00 points" in said(app)
    studies = turned_to(app, "studies")
    assert "CNN 64-64, max pooling is better than CNN 64-64, average pooling by 4.00 points" in said(studies)


def _answered(card: Card, *predictions: tuple[str, Effect]) -> None:
    """Studies of a card that were started, each by a visitor, the last one last."""
    for visitor, predicted in predictions:
        study = exercises.study(card).model_copy(update={"predicted": predicted})
        runs.create_study(study.kind, study.title, study.model_dump_json().encode(), visitor)


def test_the_class_is_shown_on_request_before_an_answer_and_by_itself_after_it(
    monkeypatch: pytest.MonkeyPatch,
):
    card = texts.cards()["11-min-pooling"]
    assert isinstance(card, Card)
    with monkeypatch.context() as patched:
        patched.setattr(learn_exercises, "_stored", lambda study: None)  # the studies are others'
        app = learn("11-min-pooling")
        app.main.toggle(key="show_the_class").set_value(True)
        assert "Nobody has answered this exercise yet." in said(run(app))
        _answered(card, ("ann", "better"), ("ben", "worse"), ("ann", "worse"), ("cleo", "no difference"))
        assert "2 of 3 expected a drop." in said(run(app))
        app.main.toggle(key="show_the_class").set_value(False)
        assert "The class" not in said(run(app))
    _finish(
        exercises.study(card).model_copy(update={"predicted": "worse"}),
        {"model": [0.80, 0.81, 0.79, 0.80, 0.81], "baseline": [0.84, 0.85, 0.84, 0.83, 0.85]},
    )
    text = said(learn("11-min-pooling"))
    assert "3 of 4 expected a drop; 5 seeds say: worse." in text


def test_a_card_says_what_the_change_costs():
    text = said(learn("03-without-the-last-convolution"))
    assert (
        "Convolution blocks 2 → 1. Parameters 243,786 → 1,386,506 (the flattened map grows from 1,600" in text
    )


def test_a_card_can_begin_with_the_persons_own_settings(submitted):
    app = learn(CARD, images=500, epochs=2, seed=3)
    app.main.toggle(key="own_settings_in_exercises").set_value(True)
    run(app)
    app.main.segmented_control(key=f"predicted_{CARD}").set_value("no difference")
    run(app)
    press(app, "exercise_start")
    [study] = submitted
    assert {each.spec.data.images for each in study.trainings} == {500}
    assert study.arms[0] == "seed 3"


def test_a_card_that_does_not_fit_the_persons_settings_says_so():
    app = learn(CARD, blocks=1)
    app.main.toggle(key="own_settings_in_exercises").set_value(True)
    run(app)
    assert "cannot set 'model.blocks.1.filters' here" in said(app)


def test_the_challenge_sets_the_sidebar_and_says_who_leads():
    app = learn("challenge")
    assert "No network was tried yet." in said(app)
    press(app, "challenge_start")
    assert app.session_state["cnnlab"].comparison == challenge.start()


@pytest.mark.parametrize(
    ("lesson", "part"),
    [
        ("challenge", Part.CHALLENGE),
        ("figure", Part.FIGURE),
        ("overfitting", Part.OVERFITTING),
        (CARD, Part.EXERCISES),
    ],
)
def test_each_part_has_an_address(lesson, part):
    app = learn(lesson)
    assert app.session_state[PART] == part
    assert app.query_params["lesson"] == lesson


def test_an_unknown_lesson_is_named_and_the_first_one_shown():
    app = learn("nonsense")
    assert "There is no lesson 'nonsense'" in said(app)
    assert app.query_params["lesson"] == "1-dense"


def test_a_damaged_card_of_a_teacher_leaves_the_page_usable(monkeypatch):
    cards = {"broken": "The lesson 'broken.toml' is not valid TOML.", **texts.cards()}
    monkeypatch.setattr(texts, "cards", lambda: cards)
    app = learn("broken")
    assert "The lesson 'broken.toml' is not valid TOML." in said(app)
    press(app, f"card_{CARD}")
    assert "Half the filters" in said(app)
