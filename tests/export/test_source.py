"""The written source, executed: it must make what cnnlab itself makes."""

import io
from collections.abc import Iterator
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnlab.data.augmentation import Augmentation, random_numbers
from cnnlab.data.catalogue import Images
from cnnlab.data.registry import DATASETS, images_content, load
from cnnlab.data.sampling import epoch_order
from cnnlab.data.split import split, validation_images
from cnnlab.export import source
from cnnlab.models.build import build
from cnnlab.models.training import compile_model
from cnnlab.spec import DataSpec, DenseSpec, Optimizer, RunSpec, TrainingSpec
from tests.networks import KERAS_IS_SLOW, networks, square_shapes

SHAPE = (28, 28, 1)


@pytest.fixture(autouse=True)
def own_min_pooling() -> Iterator[None]:
    """The source registers a `MinPooling2D` of its own; other tests shall find cnnlab's again."""
    before = dict(keras.saving.get_custom_objects())
    yield
    keras.saving.get_custom_objects().clear()
    keras.saving.get_custom_objects().update(before)


def executed(text: str, **given) -> dict:
    names = {"keras": keras, "np": np, **given}
    exec(compile(text, "<source>", "exec"), names)
    return names


def described(layer: keras.Layer) -> tuple:
    return type(layer).__name__, layer.get_config(), tuple(layer.output.shape)


@settings(max_examples=25, **KERAS_IS_SLOW)
@given(networks, square_shapes, st.integers(0, 2**31 - 1), st.sampled_from([0.0, 0.0005, 1e-05]))
def test_the_written_network_is_the_built_one_layer_by_layer_and_weight_by_weight(spec, shape, seed, l2):
    try:
        expected = build(spec, shape, 10, seed, l2)
    except ValueError:
        assume(False)
    model = executed(source.network(spec, shape, 10, seed, l2))["model"]
    assert model.name == expected.name
    for layer, other in zip(model.layers, expected.layers, strict=True):
        kind, config, output = described(layer)
        expected_kind, expected_config, expected_output = described(other)
        assert (kind, output) == (expected_kind, expected_output)
        assert config == expected_config
    for array, other in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(array, other)


@pytest.mark.parametrize("optimizer", Optimizer.__args__)
@pytest.mark.parametrize(("rate", "l2"), [(0.001, 0.0), (1e-05, 0.01), (0.3, 0.0)])
def test_the_written_optimizer_is_the_one_that_trains(optimizer, rate, l2):
    training = TrainingSpec(optimizer=optimizer, learning_rate=rate, l2=l2)
    model, expected = build(DenseSpec(units=2), SHAPE, 10), build(DenseSpec(units=2), SHAPE, 10)
    executed(source.compilation(training), model=model)
    compile_model(expected, training)
    assert type(model.optimizer) is type(expected.optimizer)
    unnamed = [each.optimizer.get_config() | {"name": ""} for each in (model, expected)]  # names are counted
    assert unnamed[0] == unnamed[1]
    assert (model.loss, model.jit_compile) == (expected.loss, expected.jit_compile)
    assert model.get_compile_config()["metrics"] == expected.get_compile_config()["metrics"]


def of_the_source(data: DataSpec, folder, seed: int) -> dict:
    given = dict(FOLDER=folder, IMAGES=data.images, VALIDATION_IMAGES=validation_images(data), SEED=seed)
    return executed(source.data(data, DATASETS[data.dataset]), **given)


def assert_same_split(found: dict, expected) -> None:
    assert expected.values is None  # a small set
    for name, array in list(vars(expected).items())[:6]:
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


SAMPLED = [dataset for dataset, info in DATASETS.items() if "sample" in info.sources]


@pytest.mark.parametrize("dataset", SAMPLED)
@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("pixels", ["scaled", "raw"])
def test_the_written_data_are_the_same_images_in_the_same_order_scaled_alike(
    dataset, shuffled, pixels, tmp_path
):
    data = DataSpec(
        dataset=dataset, images=250, validation_fraction=0.2, shuffled_pixels=shuffled, pixels=pixels
    )
    assert ("255" in source.data(data, DATASETS[dataset])) == (pixels == "scaled")
    (tmp_path / "images.npz").write_bytes(images_content(dataset, "sample"))
    assert_same_split(of_the_source(data, tmp_path, 5), split(load(dataset, "sample"), data, 5))


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize(("dataset", "module"), [("fashion-mnist", "fashion_mnist"), ("mnist", "mnist")])
def test_a_full_set_is_what_keras_downloads_unless_the_file_lies_beside(
    dataset, module, beside, tmp_path, monkeypatch
):
    sample = load(dataset, "sample")
    images = Images(sample.x_train[:200], sample.y_train[:200], sample.x_test[:50], sample.y_test[:50])
    x, y, x_test, y_test = (array.astype(np.uint8) for array in vars(images).values())
    downloaded = (x[..., 0], y), (x_test[..., 0], y_test)
    if beside:
        np.savez(tmp_path / "images.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
        downloaded = None
    monkeypatch.setattr(keras.datasets, module, SimpleNamespace(load_data=lambda: downloaded))
    data = DataSpec(dataset=dataset, source="full", images=100)
    assert_same_split(of_the_source(data, tmp_path, 1), split(images, data, 1))


@pytest.mark.parametrize("beside", [False, True])
def test_the_labels_that_keras_gives_in_a_column_are_flattened(beside, tmp_path, monkeypatch):
    """`keras.datasets.cifar10` gives (N, 32, 32, 3) images and (N, 1) labels."""
    generator = np.random.default_rng(0)
    x, x_test = (generator.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8) for count in (100, 20))
    y, y_test = (np.arange(count) % 10 for count in (100, 20))
    downloaded = (x, y[:, None].astype(np.uint8)), (x_test, y_test[:, None].astype(np.uint8))
    if beside:
        np.savez(tmp_path / "images.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
        downloaded = None
    monkeypatch.setattr(keras.datasets, "cifar10", SimpleNamespace(load_data=lambda: downloaded))
    data = DataSpec(dataset="cifar-10", source="full", images=50)
    assert_same_split(of_the_source(data, tmp_path, 1), split(Images(x, y, x_test, y_test), data, 1))


def test_all_images_of_a_set_that_keras_lacks_are_in_the_bundle():
    data = DataSpec(dataset="shapes", source="full", images=100)
    assert source.keras_dataset(data) == ""
    with np.load(io.BytesIO(images_content("shapes", "full")), allow_pickle=False) as stored:
        for name, array in vars(load("shapes", "full")).items():
            np.testing.assert_array_equal(stored[name], array)


@pytest.mark.parametrize("pixels", ["scaled", "raw"])
def test_the_written_augmentation_is_that_of_the_training(pixels):
    settings = TrainingSpec(seed=4, augment_turn=20.0, augment_contrast=0.3, augment_noise=0.05)
    augmentation = Augmentation.of(RunSpec(data=DataSpec(pixels=pixels), training=settings))
    x = np.random.default_rng(0).random((10, 8, 9, 3), dtype=np.float32) * np.float32(augmentation.white)
    order = epoch_order(len(x), 4, epoch=2)
    names = executed(f"import numpy as np\n\n{source.augmenting(augmentation)}", SEED=4, BATCH_SIZE=4)
    written = names["augmented_epoch"](x, order, 2)
    expected = augmentation.apply(x[order], random_numbers(len(x), 4, 2)[order])
    np.testing.assert_array_equal(written, expected)
