"""The pages that look inside, on a real small run; the answers are computed here, without a trainer."""

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cnnlab import runs, words
from cnnlab.data.centring import Framing
from cnnlab.data.drawing import fit_drawing
from cnnlab.data.pixels import permuted
from cnnlab.data.registry import DATASETS, load
from cnnlab.errors import PictureRefused, TrainerUnavailable
from cnnlab.spec import PRESETS
from cnnlab.trainer.status import TrainerStatus
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.components import cards, drawing_pad
from cnnlab.ui.components.plot import Click
from cnnlab.worker import answers, train
from tests.dashboard import answer_here, opened, press, run

SMALL = PRESETS["small"].with_setting("data.images", 300).with_setting("training.epochs", 2)


@pytest.fixture(scope="module")
def comparison() -> str:
    for role, spec in SMALL.runs().items():
        train.train(runs.create(role, "looked into", spec))
    return "looked into"


@pytest.fixture(autouse=True)
def answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions are answered, in this process."""
    answer_here(monkeypatch)


def choose(app: AppTest, key: str, value: object) -> None:
    app.button_group(key=key).set_value(value)
    run(app)


def set_box(app: AppTest, key: str, value: object) -> None:
    app.selectbox(key=key).set_value(value)
    run(app)


def texts(app: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "warning", "error")
    return "\n".join(str(element.value) for kind in kinds for element in app.main.get(kind))


@pytest.fixture
def inside(comparison) -> AppTest:
    return opened("inside", comparison=comparison)


def test_the_page_opens_at_the_last_epoch_with_the_test_result_of_both(inside):
    members = runs.members("looked into")
    for member in members.values():
        assert f"after epoch 2: {member.metrics['test_accuracy']:.1%} of 2,000 test images right" in texts(
            inside
        )


def test_settings_that_have_moved_on_are_told_here_too_and_can_be_taken_back(comparison):
    app = opened("inside", comparison=comparison, filters=24)
    assert any("Settings changed since this run" in each.value for each in app.main.caption)
    press(app, "restore_settings")
    assert app.session_state["cnnlab"].comparison == SMALL
    assert not [each for each in app.main.caption if "Settings changed" in each.value]


def test_changed_settings_can_be_trained_from_here_where_a_trainer_is_ready(comparison, monkeypatch):
    assert opened("inside", comparison=comparison, filters=24).button(key="train_changed").disabled
    trained = []
    monkeypatch.setattr(trainer(), "status", lambda: TrainerStatus("ready", ("CPU", "CPU")))
    monkeypatch.setattr(trainer().trainings, "submit", lambda chosen, *options: trained.append(chosen))
    app = opened("inside", comparison=comparison, filters=24)
    press(app, "train_changed")
    assert trained == [app.session_state["cnnlab"].comparison]
    assert [title.value for title in app.main.title] == ["Lab"]


def test_the_epoch_drives_what_both_networks_get_right(inside):
    inside.select_slider(key="epoch").set_value(0)
    run(inside)
    shown = texts(inside)
    assert shown.count("after epoch 0") == 2 and "after epoch 2" not in shown
    for member in runs.members("looked into").values():
        assert f"{member.metrics['test_accuracy']:.1%} of" not in shown


@pytest.mark.parametrize(
    "group", ["both right", "only the CNN right", "only the baseline right", "both wrong"]
)
def test_the_images_of_a_group_are_answered_as_the_group_says(inside, group):
    set_box(inside, "image_group", group)
    lines = [line for line in texts(inside).splitlines() if line.rstrip().endswith((", right", ", wrong"))]
    expected = {
        "both right": ("right", "right"),
        "only the CNN right": ("right", "wrong"),
        "only the baseline right": ("wrong", "right"),
        "both wrong": ("wrong", "wrong"),
    }[group]
    assert tuple(line.rstrip().rpartition(" ")[2] for line in lines) == expected


def test_a_class_shows_images_of_that_class(inside):
    set_box(inside, "image_class", "Sneaker")
    assert any("Sneaker" in str(image.proto) for image in inside.main.get("image") or inside.main.get("imgs"))


@pytest.mark.parametrize(
    "section, says",
    [
        ("Feature maps", "**conv_2**"),
        ("Kernel by hand", "Copies the image"),
        ("Pooling", "This block of the network uses MaxPooling2D"),
        ("Why this class", "**Grad-CAM.**"),
    ],
)
def test_each_section_shows_what_its_name_says(inside, section, says):
    choose(inside, "section", section)
    assert says in texts(inside)


def test_a_kernel_that_is_no_kernel_is_refused_with_the_name_of_its_control(inside):
    choose(inside, "section", "Kernel by hand")
    set_box(inside, "hand_kernel", "your own")
    inside.text_area(key="own_kernel").set_value("1 2\n3")
    run(inside)
    assert "'Your own kernel'" in "\n".join(error.value for error in inside.main.error)


def test_an_empty_drawing_gets_a_sentence_and_a_drawing_two_answers(inside, monkeypatch):
    canvas = np.zeros((140, 140), np.float32)
    monkeypatch.setattr(drawing_pad, "drawing", lambda *arguments: canvas)
    choose(inside, "image_source", "Draw")
    assert "Nothing is drawn yet" in texts(inside)
    canvas[40:100, 60:80] = 1
    run(inside)
    assert "**CNN 8-16:**" in texts(inside) and "**Dense 32:**" in texts(inside)


def test_networks_of_shuffled_pixels_are_shown_a_drawing_shuffled_in_the_same_way(monkeypatch):
    shuffled = SMALL.with_setting("data.shuffled_pixels", True)
    for role, spec in shuffled.runs().items():
        train.train(runs.create(role, "shuffled", spec))
    canvas = np.zeros((140, 140), np.float32)
    canvas[40:100, 60:80] = 1
    monkeypatch.setattr(drawing_pad, "drawing", lambda *arguments: canvas)
    asked = []

    def answered(function, *arguments):
        asked.append(arguments[-1])
        return function(*arguments)

    monkeypatch.setattr(trainer().questions, "ask", answered)
    app = opened("inside", comparison="shuffled")
    assert "The pixels of all images are shuffled" in texts(app)
    choose(app, "image_source", "Draw")
    drawn = fit_drawing(canvas, (28, 28, 1), Framing(28, by_mass=False))
    given = [image for image in asked if isinstance(image, np.ndarray) and image.shape == (1, 28, 28, 1)]
    np.testing.assert_array_equal(given[-1][0], permuted(drawn, shuffled.data))
    assert not np.array_equal(given[-1][0], drawn)


def test_a_drawing_that_cannot_be_read_is_refused_in_words(inside, monkeypatch):
    def refuse(*arguments: str) -> None:
        raise PictureRefused("The drawing could not be read: press Clear.")

    monkeypatch.setattr(drawing_pad, "drawing", refuse)
    choose(inside, "image_source", "Draw")
    assert "press Clear" in texts(inside)


def test_without_a_trainer_the_pages_say_so_and_stay(inside, monkeypatch):
    def nobody(*arguments: object) -> None:
        raise TrainerUnavailable("There is no trainer.")

    monkeypatch.setattr(trainer().questions, "ask", nobody)
    st.cache_data.clear()
    inside.select_slider(key="epoch").set_value(1)
    run(inside)
    assert "There is no trainer." in texts(inside)


def test_a_comparison_whose_weights_are_gone_says_what_to_do(monkeypatch, inside):
    monkeypatch.setattr(runs, "weight_epochs", lambda run_id: [])
    run(inside)
    assert "train it once more" in texts(inside)


def test_a_baseline_of_other_data_is_left_out_with_a_sentence(comparison):
    other = SMALL.with_setting("data.dataset", "mnist").runs()["baseline"]
    rival = runs.create("baseline", "of other data", other)
    train.train(rival)
    run_id = runs.create("model", "beside other data", SMALL.runs()["model"], compared_with=rival)
    train.train(run_id)
    app = opened("inside", comparison="beside other data")
    assert "trained on other data" in texts(app) and "**Dense 32:**" not in texts(app)
    assert "**CNN 8-16** after epoch 2" in texts(app)


def test_the_kernels_of_an_ended_run_are_read_once(inside, monkeypatch):
    choose(inside, "section", "Weights")
    monkeypatch.setattr(runs, "kernels", lambda run_id: pytest.fail("read again"))
    run(inside)


def likeliest(app: AppTest) -> list[str]:
    return [line for line in texts(app).splitlines() if line.startswith("**CNN 8-16:**")]


def test_muted_filters_change_the_answer_and_the_accuracy_until_all_speak_again(inside):
    choose(inside, "section", "Filters")
    of_all = likeliest(inside)
    model = runs.members("looked into")["model"]
    every = {"conv_1": frozenset(range(8)), "conv_2": frozenset({0, 2})}
    inside.session_state[f"muted filters of {model.run_id}"] = every
    run(inside)
    assert "**CNN 8-16** answers without filters 1, 2, 3, 4, 5, 6, 7 and 8 of conv_1 and filters 1 and 3" in (
        texts(inside)
    )
    muted = (("conv_1", tuple(range(8))), ("conv_2", (0, 2)))
    accuracy = answers.muted_probabilities(model.run_id, 2, muted).argmax(axis=1) == true_classes()
    [metric] = inside.main.metric
    assert metric.value == f"{accuracy.mean():.1%}" and metric.delta.endswith("points")
    assert likeliest(inside) != of_all
    inside.button(key="unmute_all").click()
    run(inside)
    assert likeliest(inside) == of_all and not inside.main.metric


def true_classes() -> np.ndarray:
    return load("fashion-mnist", "sample").y_test


def test_the_wall_is_sorted_by_the_harm_that_each_filter_does(inside, monkeypatch):
    shown = []
    monkeypatch.setattr(cards, "render", lambda key, drawn, *args, **options: shown.append(drawn))
    choose(inside, "section", "Filters")
    assert [card.number for card in shown[-1]] == list(range(1, 9))
    set_box(inside, "wall_order", "Harm done")
    harm = answers.harm(runs.members("looked into")["model"].run_id, 2, "conv_1")
    numbers = [card.number for card in shown[-1]]
    assert numbers == [number + 1 for number in np.argsort(-harm.lost, kind="stable")]
    worst = shown[-1][0]
    assert worst.lines == (f"without it {words.signed_points(-harm.lost.max())}",)
    assert [picture.text.split(", from")[0] for picture in worst.pictures[:2]] == [
        f"Filter {worst.number}, its weights",
        f"Filter {worst.number}, its map of the image",
    ]


def test_an_opened_filter_shows_what_it_prefers_and_leads_to_its_convolution(inside):
    choose(inside, "section", "Filters")
    inside.session_state["opened filter of conv_1"] = 3
    run(inside)
    assert "Filter 3 of conv_1" in [each.value for each in inside.main.subheader]
    inside.button(key="follow_filter").click()
    run(inside)
    assert inside.session_state["section"] == "Convolution"
    assert inside.number_input(key="explained_filter_1").value == 3


def test_a_clicked_map_is_enlarged_and_leads_to_its_pooling(inside):
    inside.session_state["enlarged_model_pool_2"] = 5
    run(inside)
    assert any("pool_2, map 5, from" in str(image.proto) for image in inside.main.get("image"))
    inside.button(key="follow_pool_2").click()
    run(inside)
    assert inside.session_state["section"] == "Pooling"
    assert inside.number_input(key="pooled_map_2").value == 5


def test_the_last_layer_names_its_classes(inside):
    [line] = [line for line in texts(inside).splitlines() if line.startswith("**output**")][:1]
    assert all(name in line for name in DATASETS["fashion-mnist"].classes)


def test_a_click_in_a_confusion_matrix_shows_an_image_of_that_cell(inside):
    model = runs.members("looked into")["model"]
    labels, predicted = true_classes(), answers.probabilities(model.run_id, 2).argmax(axis=1)
    wrong = int(np.flatnonzero(labels != predicted)[0])
    classes = DATASETS["fashion-mnist"].classes
    click = Click(classes[predicted[wrong]], classes[labels[wrong]])

    def page(labels, predicted, classes, click) -> None:
        from cnnlab.ui.inside import epoch_overview

        epoch_overview._open_confused(labels, predicted, classes, click)

    app = run(AppTest.from_function(page, args=(labels, predicted, classes, click)))
    place = app.session_state["image_of_any class_all"] - 1
    assert (labels[place], predicted[place]) == (labels[wrong], predicted[wrong])


@pytest.mark.parametrize(("batch_norm", "activation"), [(True, "relu"), (False, "sigmoid"), (False, "relu")])
def test_what_is_set_to_zero_can_be_chosen_where_it_matters(batch_norm, activation, monkeypatch):
    from cnnlab.ui.inside import muting

    spec = SMALL.with_setting("model.activation", activation)
    spec = spec.with_setting("model.blocks.0.batch_norm", batch_norm).runs()["model"]
    run_id = runs.create("model", "muted", spec)
    asked = []

    def answer(question, run, epoch, *arguments):
        asked.append(arguments)
        return np.eye(10)[np.zeros(2000, int)]

    monkeypatch.setattr(muting, "ask", answer)
    monkeypatch.setattr(muting.test_images, "labels", lambda run: np.arange(2000) % 10)

    def page(run_id: str) -> None:
        from cnnlab import runs
        from cnnlab.ui.inside import muting

        run = runs.get(run_id)
        muting.choose_way(run)
        muting.render_effect(run, 1, (("conv_1", (0,)),))

    app = run(AppTest.from_function(page, args=(run_id,)))
    assert asked[-1] == ((("conv_1", (0,)),), "maps")
    choices = app.get("button_group")
    assert bool(choices) == (batch_norm or activation == "sigmoid")
    if choices:
        app.session_state["muting"] = "weights"
        run(app)
        assert asked[-1] == ((("conv_1", (0,)),), "weights")
        assert "a constant map is left" in app.main.caption[0].value
    runs.end(run_id, "stopped")


def test_weights_shows_every_layer_before_training_and_after(inside):
    choose(inside, "section", "Weights")
    inside.select_slider(key="epoch").set_value(1)
    run(inside)
    captions = [caption.value for caption in inside.main.caption]
    assert captions.count("Before training") == captions.count("After epoch 1") == 3
    shown = texts(inside)
    assert "8 filters of 3×3 weights" in shown and "32 units, one weight for every pixel" in shown
    assert "16 filters, each with 3×3 weights for every one of 8 input maps" in shown


def test_the_matrix_that_a_dense_layer_would_need_is_counted(inside):
    choose(inside, "section", "Templates against kernels")
    assert "784 × 5,408 = **4,239,872 weights**" in texts(inside)  # 26·26·8
    assert "the convolution has **80**" in texts(inside)
