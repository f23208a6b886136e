"""The preview of the augmentation: the images that a training gets, and nothing where all is off."""

import numpy as np
import pytest

from cnnlab import runs
from cnnlab.data.augmentation import Augmentation
from cnnlab.data.registry import load
from cnnlab.data.split import split
from cnnlab.spec import ComparisonSpec, DataSpec, RunSpec, TrainingSpec
from cnnlab.trainer.status import TrainerStatus
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.sidebar import augmentation
from tests.dashboard import opened

DATA = DataSpec(dataset="mnist", images=300)
SETTINGS = dict(augment_shift=0.2, augment_turn=30.0, augment_flip=True, augment_noise=0.05)
AUGMENTED = RunSpec(data=DATA, training=TrainingSpec(seed=5, batch_size=50, **SETTINGS))


@pytest.fixture(autouse=True)
def no_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer(), "status", lambda: TrainerStatus("ready", ("CPU", "CPU")))
    monkeypatch.setattr(runs, "recent", lambda limit, role=None: [])
    monkeypatch.setattr(runs, "active", lambda: [])


def previews(**address) -> list:
    app = opened(images=1000, **address)
    return [image for element in app.sidebar.get("image") for image in element.proto.imgs]


@pytest.mark.parametrize("shuffled", [False, True], ids=["in place", "shuffled"])
@pytest.mark.parametrize("seed", [0, 5])
def test_the_image_is_the_first_training_image_with_every_pixel_in_its_own_place(seed, shuffled):
    data = DATA.model_copy(update={"shuffled_pixels": shuffled})
    expected = split(load("mnist", "sample"), DATA, seed).x_train[0]
    np.testing.assert_array_equal(augmentation.first_image(data, seed), expected)


def test_for_a_full_set_it_is_an_image_of_the_sample():
    data = DataSpec(dataset="mnist", source="full", images=60_000)
    assert augmentation.first_image(data, 0).shape == (28, 28, 1)


def test_of_a_set_that_is_not_on_this_machine_there_is_no_image_but_a_sentence(monkeypatch, tmp_path):
    monkeypatch.delenv("CNNLAB_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert augmentation.first_image(DataSpec(dataset="cifar-10", source="full"), 0) is None
    app = opened(dataset="cifar-10", source="full", augment_flip=1, v=1)
    assert not app.sidebar.get("image")
    assert any("once the images are on this machine" in each.value for each in app.sidebar.caption)


def test_the_nine_versions_are_what_a_training_computes_in_its_first_nine_epochs():
    import tensorflow as tf

    from cnnlab.models.augmentation import BatchAugmentation

    settings = Augmentation.of(AUGMENTED)
    assert settings
    x = split(load("mnist", "sample"), DATA, 5).x_train
    training, steps_per_epoch = BatchAugmentation(settings, x, 50), 6
    versions = augmentation.examples(settings, augmentation.first_image(DATA, 5))
    assert len(versions) == 9
    for epoch, version in enumerate(versions, start=1):
        training.begin((epoch - 1) * steps_per_epoch)
        [trained] = training.augment(tf.constant(x[:1]), tf.constant([0]))
        np.testing.assert_allclose(version, trained, atol=1e-4)
    assert len(np.unique(versions, axis=0)) == 9


def test_shuffled_pixels_are_shown_in_their_own_places():
    shuffled = AUGMENTED.model_copy(update={"data": DATA.model_copy(update={"shuffled_pixels": True})})
    image = augmentation.first_image(DATA, 5)
    shown = [augmentation.examples(Augmentation.of(spec), image) for spec in (AUGMENTED, shuffled)]
    np.testing.assert_array_equal(*shown)


def test_while_all_is_off_nothing_is_drawn_and_a_caption_says_so():
    app = opened(images=1000)
    assert not app.sidebar.get("image")
    assert augmentation.OFF in [caption.value for caption in app.sidebar.caption]


def test_an_augmentation_is_shown_with_a_text_alternative():
    [picture] = previews(augment_turn=20.0)
    assert "epochs 1 to 9" in picture.caption
    assert "Fashion-MNIST" in picture.alt


def test_nothing_is_drawn_for_settings_that_cannot_be_trained():
    assert previews(augment_turn=20.0, blocks=4, kernel_size=11) == []


def test_a_colour_image_of_another_size_becomes_a_picture_too():
    image = np.random.default_rng(0).random((12, 17, 3), dtype=np.float32)
    versions = augmentation.examples(Augmentation.of(AUGMENTED), image)
    assert versions.shape == (9, 12, 17, 3) and augmentation.picture(versions).startswith(b"\x89PNG")


def test_the_preview_belongs_to_the_comparison_that_the_sidebar_describes(monkeypatch):
    drawn = []
    monkeypatch.setattr(
        augmentation, "examples", lambda settings, image: drawn.append(settings) or image[None]
    )
    previews(augment_zoom=0.3, seed=8)
    expected = ComparisonSpec(training=TrainingSpec(augment_zoom=0.3, seed=8)).runs()["baseline"]
    assert drawn[-1] == Augmentation.of(expected)
