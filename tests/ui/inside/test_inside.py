"""The pages that look inside, on a real small run; the answers are computed here, without a trainer."""

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.data.drawing import fit_drawing
from cnnlab.data.pixels import permuted
from cnnlab.errors import PictureRefused, TrainerUnavailable
from cnnlab.spec import PRESETS
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.components import drawing_pad
from cnnlab.worker import train
from tests.dashboard import answer_here, opened, run, turned_to

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


@pytest.fixture
def filters(comparison) -> AppTest:
    return opened("filters", comparison=comparison)


def test_the_page_opens_at_the_last_epoch_with_the_test_result_of_both(inside):
    members = runs.members("looked into")
    for member in members.values():
        assert f"after epoch 2: {member.metrics['test_accuracy']:.1%} of 2,000 test images right" in texts(
            inside
        )


def test_the_epoch_drives_what_both_networks_get_right(inside):
    inside.select_slider(key="epoch").set_value(0)
    run(inside)
    shown = texts(inside)
    assert shown.count("after epoch 0") == 2 and "after epoch 2" not in shown
    for member in runs.members("looked into").values():
        assert f"{member.metrics['test_accuracy']:.1%} of" not in shown


def test_the_epoch_is_the_same_on_both_pages(inside):
    inside.select_slider(key="epoch").set_value(1)
    run(inside)
    assert texts(turned_to(inside, "filters")).count("after epoch 1") == 2


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
    drawn = fit_drawing(canvas, "fashion-mnist", (28, 28, 1))
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
    assert "trained on other data" in texts(app) and "**Dense 32" not in texts(app)
    assert "**CNN 8-16** after epoch 2" in texts(app)


def test_the_kernels_of_an_ended_run_are_read_once(filters, monkeypatch):
    monkeypatch.setattr(runs, "kernels", lambda run_id: pytest.fail("read again"))
    run(filters)


def test_a_muted_filter_changes_the_accuracy_that_is_shown(filters, monkeypatch):
    from cnnlab.ui.filters import details

    choose(filters, "weights_section", "Filter by filter")
    assert "Tick filters in the table" in texts(filters)
    monkeypatch.setattr(details, "_table", lambda *arguments: [0, 2])
    run(filters)
    assert "**Without filters 1 and 3**" in texts(filters)
    [metric] = filters.main.metric
    labels_right = float(metric.value.rstrip("%"))
    assert 0 <= labels_right <= 100 and "points" in metric.delta


@pytest.mark.parametrize(("batch_norm", "activation"), [(True, "relu"), (False, "sigmoid"), (False, "relu")])
def test_what_is_set_to_zero_can_be_chosen_where_it_matters(batch_norm, activation, monkeypatch):
    from cnnlab.ui.filters import details

    spec = SMALL.with_setting("model.activation", activation)
    spec = spec.with_setting("model.blocks.0.batch_norm", batch_norm).runs()["model"]
    run_id = runs.create("model", "muted", spec)
    asked = []

    def answer(question, run, epoch, *arguments):
        asked.append(arguments)
        return np.eye(10)[np.zeros(2000, int)]

    monkeypatch.setattr(details, "ask", answer)
    monkeypatch.setattr(details.test_images, "labels", lambda run: np.arange(2000) % 10)

    def page(run_id: str) -> None:
        from cnnlab import runs
        from cnnlab.ui.filters import details

        details._muted(runs.get(run_id), 1, "conv_1", [0])

    app = run(AppTest.from_function(page, args=(run_id,)))
    assert asked[-1] == ("conv_1", (0,), "maps")
    choices = app.get("button_group")
    assert bool(choices) == (batch_norm or activation == "sigmoid")
    if choices:
        app.session_state["muting"] = "weights"
        run(app)
        assert asked[-1] == ("conv_1", (0,), "weights")
        assert "a constant map is left" in app.main.caption[0].value
    runs.end(run_id, "stopped")


def test_the_matrix_that_a_dense_layer_would_need_is_counted(filters):
    choose(filters, "weights_section", "Templates against kernels")
    assert "784 × 5,408 = **4,239,872 weights**" in texts(filters)  # 26·26·8
    assert "the convolution has **80**" in texts(filters)
