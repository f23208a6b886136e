"""What a worker answers of a real, small, trained run, held against the network that was stored."""

import itertools
import pickle
import subprocess
import sys

import keras
import numpy as np
import pytest

from cnnlab import runs
from cnnlab.data.pixels import scaled
from cnnlab.data.registry import load
from cnnlab.errors import RunNotFound
from cnnlab.inside.convolution import activate, convolve
from cnnlab.models import inspection, training
from cnnlab.runs import artifacts
from cnnlab.spec import PRESETS
from cnnlab.ui.cached import test_images as held_out
from cnnlab.ui.cached import validation_images
from cnnlab.worker import answers, train
from tests.own_datasets import SHAPES

SMALL = PRESETS["small"].with_setting("data.images", 300).with_setting("training.epochs", 2)


@pytest.fixture(scope="module", params=["model", "baseline"])
def run(request) -> runs.Run:
    run_id = runs.create(request.param, "answers", SMALL.runs()[request.param])
    train.train(run_id)
    return runs.get(run_id)


@pytest.fixture(scope="module")
def cnn() -> runs.Run:
    run_id = runs.create("model", "answers", SMALL.runs()["model"])
    train.train(run_id)
    return runs.get(run_id)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return scaled(load("fashion-mnist", "sample").x_test)


def test_the_last_epoch_is_the_network_that_was_stored_and_tested(run):
    stored = runs.predictions(run.run_id)["probabilities"]
    np.testing.assert_allclose(answers.probabilities(run.run_id, 2), stored, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("role", ["model", "baseline"])
def test_a_run_with_shuffled_pixels_is_trained_tested_and_asked_with_the_same_images(role):
    shuffled = SMALL.with_setting("data.shuffled_pixels", True)
    run_id = runs.create(role, "shuffled", shuffled.runs()[role])
    train.train(run_id)
    stored = runs.predictions(run_id)["probabilities"]
    np.testing.assert_allclose(answers.probabilities(run_id, 2), stored, rtol=1e-4, atol=1e-6)
    test_images = held_out.images(runs.get(run_id))
    np.testing.assert_allclose(answers.classify(run_id, 2, test_images), stored, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("shuffled", [False, True])
def test_the_validation_loss_of_each_epoch_is_that_which_the_training_logged(shuffled):
    spec = SMALL.with_setting("data.shuffled_pixels", shuffled).with_setting("training.seed", 3)
    run_id = runs.create("model", "validated", spec.runs()["model"])
    train.train(run_id)
    curves = runs.curves([run_id])
    logged = curves[curves["metric"] == "val_loss"]["value"].tolist()
    labels = validation_images.labels(runs.get(run_id))
    assert len(logged) == 3 and len(labels) == 30
    for epoch, loss in enumerate(logged):
        probabilities = answers.validation_probabilities(run_id, epoch)
        assert training.score(probabilities, labels)[0] == pytest.approx(loss, abs=1e-4)


@pytest.fixture(scope="module")
def raw() -> runs.Run:
    """A CNN that was trained on pixels from 0 to 255."""
    spec = SMALL.with_setting("data.pixels", "raw").with_setting("training.learning_rate", 1e-4)
    run_id = runs.create("model", "raw", spec.runs()["model"])
    train.train(run_id)
    return runs.get(run_id)


def test_a_run_with_raw_pixels_is_asked_with_pictures_and_answers_as_it_was_tested(raw, images):
    stored = runs.predictions(raw.run_id)["probabilities"]
    np.testing.assert_allclose(answers.probabilities(raw.run_id, 2), stored, rtol=1e-3, atol=1e-5)
    np.testing.assert_array_equal(held_out.images(raw), images)
    np.testing.assert_allclose(answers.classify(raw.run_id, 2, images), stored, rtol=1e-3, atol=1e-5)
    outputs = answers.layer_outputs(raw.run_id, 2, images[0])
    np.testing.assert_allclose(outputs["output"], stored[0], rtol=1e-3, atol=1e-5)
    view = answers.stored_view(raw.run_id, 2, images[0])
    np.testing.assert_allclose(view.outputs["output"], stored[0], rtol=1e-3, atol=1e-5)
    muted = answers.classify_muted(raw.run_id, 2, images[:9], ())
    np.testing.assert_allclose(muted, stored[:9], rtol=1e-3, atol=1e-5)


def test_the_convolution_of_raw_pixels_is_explained_with_the_numbers_that_it_gets(raw, images):
    parts = answers.filter_parts(raw.run_id, 2, images[0], "conv_1", 3)
    np.testing.assert_array_equal(parts.maps, images[0] * 255)
    found = activate(convolve(parts.maps, parts.kernel, parts.bias), "relu")
    np.testing.assert_allclose(parts.output, found, rtol=1e-4, atol=1e-3)


def test_the_pictures_of_a_run_with_raw_pixels_are_pictures(raw, images):
    found = answers.top_patches(raw.run_id, 2, "conv_1")
    assert 0.1 < found.patches.max() <= 1
    exciting = answers.maximize_activation(raw.run_id, 2, "conv_1", (0, 1))
    assert exciting.min() >= 0 and exciting.max() <= 1 and np.ptp(exciting) > 0.3
    untrained = [
        answers.untrained_view(raw.spec.model, "fashion-mnist", 0, images[0], pixels).outputs["conv_1"]
        for pixels in ("scaled", "raw")
    ]
    np.testing.assert_allclose(untrained[1], untrained[0] * 255, rtol=1e-3, atol=1e-3)


def test_each_epoch_answers_with_its_own_weights(run, images):
    answers_by_epoch = [answers.classify(run.run_id, epoch, images[:5]) for epoch in range(3)]
    assert all(np.allclose(each.sum(axis=1), 1, atol=1e-5) for each in answers_by_epoch)
    for earlier, later in itertools.pairwise(answers_by_epoch):
        assert not np.allclose(earlier, later, atol=1e-3)


def test_the_output_of_the_last_layer_is_the_networks_answer(run, images):
    outputs = answers.layer_outputs(run.run_id, 2, images[7])
    np.testing.assert_allclose(outputs["output"], answers.classify(run.run_id, 2, images[7:8])[0], rtol=1e-4)


def test_a_convolutions_parts_give_its_output(cnn, images):
    parts = answers.filter_parts(cnn.run_id, 2, images[3], "conv_2", 5)
    assert parts.maps.shape == (13, 13, 8) and parts.kernel.shape == (3, 3, 8)
    patch = parts.maps[4:7, 2:5]
    total = float((patch * parts.kernel).sum()) + parts.bias
    assert parts.output[4, 2] == pytest.approx(max(total, 0), abs=1e-5)


def test_a_class_is_explained_for_either_network(run, images):
    saliency = answers.saliency(run.run_id, 2, images[0], 4)
    assert saliency.gradient.shape == saliency.gradient_times_input.shape == (28, 28)
    assert (saliency.grad_cam is not None) == (run.role == "model")


def test_without_muted_filters_the_answers_stay_and_with_all_muted_every_image_gets_the_same(cnn):
    plain = answers.muted_probabilities(cnn.run_id, 2, ())
    np.testing.assert_allclose(plain, answers.probabilities(cnn.run_id, 2), rtol=1e-5)
    silent = answers.muted_probabilities(cnn.run_id, 2, (("conv_2", tuple(range(16))),))
    np.testing.assert_allclose(silent, np.broadcast_to(silent[0], silent.shape), rtol=1e-5)


@pytest.mark.parametrize("muting", ["maps", "weights"])
def test_images_are_classified_with_filters_of_several_convolutions_muted(cnn, images, muting):
    mutes = ("conv_1", (0, 3)), ("conv_2", (2,))
    together = answers.classify_muted(cnn.run_id, 2, images[:20], mutes, muting)
    held_out = answers.muted_probabilities(cnn.run_id, 2, mutes, muting)[:20]
    np.testing.assert_allclose(together, held_out, rtol=1e-4, atol=1e-6)
    for fewer in (mutes[:1], mutes[1:]):
        assert not np.allclose(together, answers.classify_muted(cnn.run_id, 2, images[:20], fewer, muting))


@pytest.mark.parametrize("layer", ["conv_1", "conv_2"])
def test_the_harm_of_a_filter_is_the_accuracy_that_is_lost_with_it_alone_muted(cnn, layer):
    harm = answers.harm(cnn.run_id, 2, layer)
    labels = load("fashion-mnist", "sample").y_test[: harm.images]
    right = answers.probabilities(cnn.run_id, 2)[: harm.images].argmax(axis=1) == labels
    for number in (0, 5):
        muted = answers.muted_probabilities(cnn.run_id, 2, ((layer, (number,)),))[: harm.images]
        lost = right.mean() - (muted.argmax(axis=1) == labels).mean()
        assert harm.lost[number] == pytest.approx(lost, abs=1e-9)
    assert harm.images == 500 and len(harm.lost) == {"conv_1": 8, "conv_2": 16}[layer]


@pytest.mark.parametrize("filters, images", [(64, 500), (128, 250), (512, 100)])
def test_the_harm_of_many_filters_is_told_from_fewer_images(filters, images, monkeypatch):
    wide = PRESETS["small"].with_setting("data.images", 60).with_setting("training.epochs", 1)
    wide = wide.with_setting("model.blocks.0.filters", filters).with_setting("model.blocks.0.kernel_size", 1)
    run_id = runs.create("model", "answers", wide.runs()["model"])
    train.train(run_id)
    asked = []

    def classes(model, x, layer):
        asked.append(len(x))
        return np.zeros((filters, len(x)), int)

    monkeypatch.setattr(inspection, "classes_without_each", classes)
    assert answers.harm(run_id, 1, "conv_1").images == images and asked == [images]


def test_the_exciting_patches_have_the_size_of_the_receptive_field(cnn):
    top = answers.top_patches(cnn.run_id, 2, "conv_2")
    assert top.patches.shape == (16, 9, 8, 8, 1)  # 3, pooled to 4, and three of these: 3 + 1 + 2·2
    assert top.strongest.shape == (16,)
    image = answers.maximize_activation(cnn.run_id, 2, "conv_2", (0, 3))
    assert image.shape == (2, 28, 28, 1)


def test_patches_are_cut_where_they_lie_and_are_zero_beyond_the_border():
    images = np.random.default_rng(3).random((20, 12, 12, 1), np.float32)
    which, rows, columns = np.array([4, 5]), np.array([-2, 9]), np.array([3, 10])
    patches = answers.cut(images, which, rows, columns, 5)
    np.testing.assert_array_equal(patches[0, :2], 0)
    np.testing.assert_array_equal(patches[0, 2:], images[4, :3, 3:8])
    np.testing.assert_array_equal(patches[1, :3, :2], images[5, 9:, 10:])
    assert patches[1, 3:].sum() == patches[1, :, 2:].sum() == 0


def test_a_dense_only_network_has_no_patches():
    run_id = runs.create("baseline", "answers", SMALL.runs()["baseline"])
    with pytest.raises(ValueError, match="Only convolutions have patches"):
        answers.top_patches(run_id, 2, "dense")


def test_a_continued_run_answers_with_what_is_stored_now(images):
    run_id = runs.create("baseline", "answers", SMALL.runs()["baseline"])
    train.train(run_id)
    before = answers.classify(run_id, 2, images[:3])
    other = [array + 0.1 for array in runs.weights(run_id, 2)]
    artifacts.save_weights(run_id, {2: other})
    assert not np.allclose(before, answers.classify(run_id, 2, images[:3]))


def test_weights_that_are_gone_are_said_to_be_gone(cnn):
    with pytest.raises(RunNotFound, match="epoch_00009"):
        answers.probabilities(cnn.run_id, 9)


def test_no_answer_makes_the_dashboard_load_keras(cnn, images):
    """Whoever unpickles it imports the modules in which its types are defined."""
    last = (cnn.run_id, 2)
    given = [
        answers.probabilities(*last),
        answers.validation_probabilities(*last),
        answers.layer_outputs(*last, images[0]),
        answers.filter_parts(*last, images[0], "conv_1", 0),
        answers.saliency(*last, images[0], 0),
        answers.top_patches(*last, "conv_1"),
        answers.maximize_activation(*last, "conv_1", (0,)),
        answers.tflite(*last),
    ]
    program = (
        "import pickle, sys; pickle.load(sys.stdin.buffer);"
        "print([name for name in ('keras', 'tensorflow') if name in sys.modules])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], input=pickle.dumps(given), capture_output=True, check=True
    )
    assert loaded.stdout.decode().strip() == "[]"


def test_asking_leaves_the_backends_global_state_alone(cnn, images):
    answers.classify(cnn.run_id, 1, images[:1])
    keras.backend.clear_session()
    assert answers.classify(cnn.run_id, 1, images[:1]).shape == (1, 10)


@pytest.mark.parametrize("shape", SHAPES)
def test_patches_of_any_images_are_those_of_images_with_zeros_around(shape):
    generator, side = np.random.default_rng(5), 7
    images = generator.random((3, *shape), np.float32)
    which = generator.integers(0, 3, (4, 2))
    rows, columns = (generator.integers(-side, shape[axis], (4, 2)) for axis in (0, 1))
    patches = answers.cut(images, which, rows, columns, side)
    assert (patches.shape, patches.dtype) == ((4, 2, side, side, shape[2]), np.float32)
    padded = np.pad(images, ((0, 0), (side, side), (side, side), (0, 0)))
    for place in np.ndindex(4, 2):
        top, left = rows[place] + side, columns[place] + side
        np.testing.assert_array_equal(
            patches[place], padded[which[place], top : top + side, left : left + side]
        )
