"""Every lesson's file: that it can be used, and that no number in it is typed by hand."""

import re

import pytest

from cnnlab.data.registry import DATASETS
from cnnlab.errors import LessonRefused
from cnnlab.lessons import texts
from cnnlab.lessons.facts import MEANINGS, facts
from cnnlab.lessons.texts import Card, Step, filled, missing, named, parsed
from cnnlab.models.build import build
from cnnlab.spec import ComparisonSpec
from tests.networks import cnn

LESSONS = {**texts.steps(), **texts.cards()}
LAB = facts(ComparisonSpec())
NAMES_OF_LAYERS = re.compile(r"\b(conv|pool)_\d\b")
CARD = 'title = "a"\nquestion = "b"\nnetwork = "model"\nchange = { "training.epochs" = 2 }\n'


@pytest.mark.parametrize("name", LESSONS)
def test_the_lab_has_every_fact_that_a_lesson_names(name):
    lesson = LESSONS[name]
    assert not isinstance(lesson, str), lesson
    assert missing(lesson, LAB) == []
    for text in lesson.texts:
        assert "{" not in filled(text, LAB)


@pytest.mark.parametrize("name", LESSONS)
def test_no_text_has_a_number_that_is_not_computed(name):
    lesson = LESSONS[name]
    assert not isinstance(lesson, str)
    for text in lesson.texts:
        typed = NAMES_OF_LAYERS.sub("", re.sub(r"\{[^}]*\}", "", text))
        assert not re.search(r"\d", typed), typed


def test_there_are_seven_steps_and_they_begin_with_the_dense_network_and_end_with_the_comparison():
    steps = list(texts.steps().values())
    assert len(steps) == 7
    assert [steps[0].network, steps[-1].answer] == ["baseline", "verdict"]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("1-dense", 100_480),
        ("2-convolution", 10),
        ("3-why-26", 26),
        ("4-parameters", 36_928),
        ("5-pooling", 5),
        ("6-flatten", 1_600),
    ],
)
def test_with_the_labs_settings_the_answers_are_those_of_the_course(name, answer):
    assert LAB[texts.steps()[name].answer] == answer


def test_every_fact_is_explained_in_the_list_and_every_listed_fact_is_there():
    of_layers = {f"LAYER_{name.split('_', 2)[2]}" for name in LAB if name.startswith(("conv_", "pool_"))}
    plain = {name for name in LAB if not name.startswith(("conv_", "pool_"))}
    assert plain | of_layers == MEANINGS.keys()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("title = ", "not valid TOML"),
        (CARD + 'colour = "red"', "'colour'"),
        (CARD.replace('network = "model"', ""), "'network'"),
        (CARD + "seeds = 2", "'seeds'"),
        (CARD.replace("{ ", "{").replace('{"training.epochs" = 2 }', "{}"), "'change'"),
        (CARD.replace('"b"', '"{conv_1_colour}"'), "'{conv_1_colour}', which is no fact"),
        (CARD.replace('"b"', '"{LAYER_side}"'), "'{LAYER_side}', which is no fact"),
        (CARD.replace('"b"', '"a } b"'), "braces do not match"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(content, reason):
    with pytest.raises(LessonRefused) as refused:
        parsed(content, "mine.toml", Card)
    assert reason in str(refused.value)
    assert "mine.toml" in str(refused.value) or "braces" in reason


def test_a_new_card_and_a_new_step_are_read_from_a_few_lines():
    card = parsed(CARD, "mine.toml", Card)
    assert (card.images, card.epochs, card.seeds) == (2000, 5, 5)
    step = parsed('title="a"\nnetwork="model"\ntext="{conv_3_side}"\nquestion="b"\nanswer="flat"', "a", Step)
    assert missing(step, LAB) == ["conv_3_side"]


STEP = 'title = "a"\nnetwork = "model"\ntext = "b"\nquestion = "c"\nanswer = "flat"\n'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (STEP.replace('"flat"', '"colour"'), "has the answer 'colour'"),
        (STEP.replace('"flat"', '"model"'), "a fact that is a number"),
        (STEP.replace('"flat"', '"flat_why"'), "a fact that is a number"),
        (STEP.replace('"flat"', '"LAYER_side"'), "has the answer 'LAYER_side'"),
        (STEP + 'settings = { "model.colour" = 1 }', "cannot set 'model.colour'"),
        (STEP + 'settings = { "model.dense_units" = 0 }', "cannot set 'model.dense_units'"),
    ],
)
def test_a_step_that_could_not_be_answered_or_set_is_refused_as_it_is_read(content, reason):
    with pytest.raises(LessonRefused) as refused:
        parsed(content, "mine.toml", Step)
    assert reason in str(refused.value)


def test_a_step_about_the_baseline_or_the_verdict_needs_a_baseline():
    without = facts(ComparisonSpec(baseline=None))
    assert missing(parsed(STEP.replace('"model"', '"baseline"', 1), "a", Step), without) == ["baseline"]
    assert missing(parsed(STEP.replace('"flat"', '"verdict"'), "a", Step), without) == ["baseline"]
    assert missing(parsed(STEP, "a", Step), without) == []


@pytest.mark.parametrize("name", LAB)
def test_a_fact_is_a_text_or_a_whole_number_as_the_list_says(name):
    assert isinstance(LAB[name], str) == texts.is_text(name)


def test_a_damaged_file_leaves_the_others_readable(tmp_path, monkeypatch):
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "good.toml").write_text(CARD, "utf-8")
    (tmp_path / "cards" / "poor.toml").write_text("title = ", "utf-8")
    monkeypatch.setattr(texts, "FOLDER", tmp_path)
    found = texts.cards()
    assert isinstance(found["good"], Card)
    assert "poor.toml" in str(found["poor"])


def test_whole_numbers_are_filled_in_with_commas_and_texts_as_they_are():
    assert filled("{flat} and {model}", {"flat": 1600, "model": "CNN 8"}) == "1,600 and CNN 8"
    assert named("{a} {b} c") == ["a", "b"]


@pytest.mark.parametrize(
    "model",
    [
        cnn({}, {}),
        cnn({"filters": 3, "kernel_size": 5, "pooling": "average"}, dense_units=7),
        cnn({"filters": 4, "pooling": "none"}, {"filters": 2, "padding": "same", "batch_norm": True}),
    ],
)
def test_the_facts_are_those_of_keras(model):
    comparison = ComparisonSpec(model=model)
    info = DATASETS[comparison.data.dataset]
    model = build(comparison.model, info.input_shape, len(info.classes))
    found = facts(comparison)
    assert found["model_params"] == model.count_params()
    assert found["flat"] == model.get_layer("flatten").output.shape[1]
    for layer in model.layers:
        if layer.name.startswith(("conv_", "pool_")):
            assert found[f"{layer.name}_side"] == layer.output.shape[1]
            assert found[f"{layer.name}_params"] == layer.count_params()


def test_settings_that_cannot_be_trained_have_no_facts():
    assert facts(ComparisonSpec().with_setting("model.blocks.0.pool_size", 8)) == {}
