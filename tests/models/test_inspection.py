"""What looks inside a network, compared with Keras's own outputs, SciPy, and finite differences."""

import keras
import numpy as np
import pytest
from scipy.signal import correlate

from cnnlab.arithmetic.shapes import convolved
from cnnlab.models import inspection
from cnnlab.models.build import build
from cnnlab.spec import ConvNetSpec, DenseSpec
from tests.networks import cnn

SHAPE, CLASSES = (12, 12, 1), 4
PLAIN = cnn({"filters": 3}, {"filters": 5, "pooling": "min"}, dense_units=6)
PADDED = cnn(
    {"filters": 3, "kernel_size": 4, "padding": "same", "pool_size": 3, "pooling": "average"},
    {"filters": 5, "padding": "same"},
    dense_units=6,
)
NORMED = cnn(
    {"filters": 3, "batch_norm": True}, {"filters": 5, "pooling": "none"}, dense_units=6, dropout=0.5
)
SMOOTH = cnn({"filters": 3}, {"filters": 2, "pooling": "average"}, activation="tanh", dense_units=4)
DENSE = DenseSpec(units=6, activation="tanh")
DEEPER = DenseSpec(units=6, second_units=5)
STRIDED = cnn(
    {"filters": 3, "kernel_size": 4, "padding": "same", "stride": 3, "pooling": "none"},
    {"filters": 5, "stride": 2, "pooling": "none", "padding": "same", "kernel_size": 3},
    dense_units=6,
)
NETWORKS = {
    "plain": PLAIN,
    "padded": PADDED,
    "normed": NORMED,
    "strided": STRIDED,
    "dense": DENSE,
    "two dense": DEEPER,
}


def network(spec: ConvNetSpec | DenseSpec) -> keras.Model:
    """Untrained, but with biases and running means that are not zero."""
    model = build(spec, SHAPE, CLASSES, seed=1)
    generator = np.random.default_rng(2)
    for weight in model.weights:
        if len(weight.shape) == 1:
            weight.assign(generator.uniform(0.1, 0.5, weight.shape))
    return model


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(3).random((20, *SHAPE), np.float32)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_outputs_of_the_layers_are_those_of_a_keras_model(name, images):
    model = network(NETWORKS[name])
    outputs = inspection.layer_outputs(model, images[0])
    for layer, output in outputs.items():
        end = model.get_layer(f"activation_{layer[-1]}" if name == "normed" and layer == "conv_1" else layer)
        expected = keras.Model(model.inputs[0], end.output)(images[:1])
        np.testing.assert_allclose(output, np.asarray(expected)[0], rtol=1e-5, atol=1e-6)
    kinds = ("conv", "pool", "dense", "output")
    assert list(outputs) == [layer.name for layer in model.layers if layer.name.startswith(kinds)]


@pytest.mark.parametrize("name", NETWORKS)
def test_predictions_are_those_of_keras(name, images):
    model = network(NETWORKS[name])
    np.testing.assert_allclose(inspection.predict(model, images), model.predict(images, verbose=0), rtol=1e-5)


@pytest.mark.parametrize(
    "spec, name",
    [(PLAIN, "conv_2"), (PADDED, "conv_2"), (NORMED, "conv_1")],
    ids=["plain", "padded", "normed"],
)
def test_a_convolutions_parts_fit_together(spec, name, images):
    model = network(spec)
    parts = inspection.convolution_parts(model, images[0], name)
    kernels, *biases = model.get_layer(name).get_weights()
    mode = spec.blocks[int(name[-1]) - 1].padding
    for number in range(kernels.shape[3]):
        maps = range(kernels.shape[2])
        sums = sum(correlate(parts.inputs[..., c], kernels[..., c, number], mode) for c in maps)
        if parts.scale is None:
            sums = sums + biases[0][number]
        else:
            sums = sums * parts.scale[number] + parts.shift[number]
        np.testing.assert_allclose(parts.output[..., number], np.maximum(sums, 0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["plain", "normed"])
def test_muting_is_zeroing_the_filters_weights_and_bias_by_hand(name, images):
    model, by_hand = network(NETWORKS[name]), network(NETWORKS[name])
    layer = by_hand.get_layer("conv_1")
    weights = layer.get_weights()
    for values in weights:
        values[..., 0] = values[..., 2] = 0
    layer.set_weights(weights)
    before = model.get_weights()
    muted = inspection.with_weights_at_zero(model, "conv_1", [0, 2])
    np.testing.assert_allclose(
        inspection.predict(muted, images), inspection.predict(by_hand, images), rtol=1e-5
    )
    assert not np.allclose(inspection.predict(muted, images), inspection.predict(model, images))
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("name", ["plain", "normed"])
def test_maps_at_zero_are_those_of_a_network_whose_maps_are_masked_by_hand(name, images):
    model = network(NETWORKS[name])
    names = [layer.name for layer in model.layers]
    end = names.index("pool_1")
    maps = np.array(keras.Sequential([keras.Input(images.shape[1:]), *model.layers[:end]])(images))
    maps[..., [0, 2]] = 0
    rest = keras.Sequential([keras.Input(maps.shape[1:]), *model.layers[end:]])
    muted = inspection.with_maps_at_zero(model, "conv_1", [0, 2])
    np.testing.assert_allclose(inspection.predict(muted, images), np.asarray(rest(maps)), rtol=1e-5)


@pytest.mark.parametrize("name", ["plain", "normed"])
@pytest.mark.parametrize("layer", ["conv_1", "conv_2"])
def test_classes_without_each_filter_are_those_of_networks_with_that_map_at_zero(name, layer, images):
    model = network(NETWORKS[name])
    classes = inspection.classes_without_each(model, images, layer)
    assert len(classes) == model.get_layer(layer).filters
    for number, without in enumerate(classes):
        muted = inspection.predict(inspection.with_maps_at_zero(model, layer, [number]), images)
        np.testing.assert_array_equal(without, muted.argmax(axis=1))


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"activation": "sigmoid"}, False),
        ({"normed": True}, False),
        ({"activation": "gelu"}, True),
    ],
)
def test_maps_and_weights_at_zero_differ_where_zero_weights_leave_a_map(changes, same, images):
    spec = NETWORKS["normed" if changes.get("normed") else "plain"]
    spec = spec.model_copy(update={"activation": changes.get("activation", spec.activation)})
    model = network(spec)
    predicted = [
        inspection.predict(mute(model, "conv_1", [0, 1]), images)
        for mute in (inspection.with_maps_at_zero, inspection.with_weights_at_zero)
    ]
    assert np.allclose(*predicted, rtol=1e-5) == same


def score(model: keras.Model, image: np.ndarray, category: int) -> float:
    """What softmax is given, in double precision, from the probabilities alone up to a constant."""
    hidden = keras.Model(model.inputs[0], model.layers[-2].output)(image[None])
    kernel, bias = model.layers[-1].get_weights()
    return float(np.asarray(hidden, np.float64)[0] @ kernel[:, category] + bias[category])


@pytest.mark.parametrize("spec", [SMOOTH, DENSE], ids=["cnn", "dense"])
def test_the_gradient_is_the_scores_finite_difference_by_each_pixel(spec, images):
    model, image, step = network(spec), images[0], 1e-2
    found = inspection.saliency(model, image, 2)
    for row, column in [(0, 0), (3, 7), (6, 6), (10, 2)]:
        up, down = image.copy(), image.copy()
        up[row, column] += step
        down[row, column] -= step
        expected = (score(model, up, 2) - score(model, down, 2)) / (2 * step)
        assert found.gradient[row, column] == pytest.approx(expected, rel=0.02, abs=1e-4)
    np.testing.assert_allclose(found.gradient_times_input, found.gradient * image[..., 0], rtol=1e-5)


def test_grad_cam_is_its_formula_with_derivatives_by_finite_differences(images):
    model, category, step = network(SMOOTH), 1, 1e-2
    cut_at = [layer.name for layer in model.layers].index("conv_2")
    maps = np.asarray(keras.Model(model.inputs[0], model.layers[cut_at].output)(images[:1]))
    rest = keras.Sequential([keras.Input(maps.shape[1:]), *model.layers[cut_at + 1 : -1]])
    kernel, bias = model.layers[-1].get_weights()

    def score_of(inner: np.ndarray) -> float:
        return float(np.asarray(rest(inner), np.float64)[0] @ kernel[:, category] + bias[category])

    gradient = np.zeros_like(maps[0])
    for place in np.ndindex(*maps.shape[1:]):
        up, down = maps.copy(), maps.copy()
        up[(0, *place)] += step
        down[(0, *place)] -= step
        gradient[place] = (score_of(up) - score_of(down)) / (2 * step)
    alphas = gradient.mean(axis=(0, 1))  # equation 1
    expected = np.maximum((alphas * maps[0]).sum(axis=-1), 0)  # equation 2
    found = inspection.saliency(model, images[0], category).grad_cam
    np.testing.assert_allclose(found, expected, rtol=0.02, atol=1e-4)
    assert expected.max() > 0


def test_a_dense_only_network_has_no_grad_cam(images):
    assert inspection.saliency(network(DENSE), images[0], 0).grad_cam is None


def test_a_filter_that_only_puts_out_negative_numbers_has_an_effect(images):
    """Under tanh it is never positive, and yet muting it changes what follows."""
    model = network(PLAIN.model_copy(update={"activation": "tanh"}))
    layer = model.get_layer("conv_1")
    kernel, bias = map(np.asarray, layer.get_weights())
    layer.set_weights([np.zeros_like(kernel), np.full_like(bias, -0.5)])
    found = inspection.top_activations(model, images, "conv_1")
    assert (found.strongest < 0).all() and (found.largest > 0.4).all()


def test_top_activations_name_the_images_and_positions_of_the_highest_activations(images):
    model = network(PLAIN)
    found = inspection.top_activations(model, images, "conv_2")
    maps = np.asarray(keras.Model(model.inputs[0], model.get_layer("conv_2").output)(images))
    np.testing.assert_allclose(found.strongest, maps.max(axis=(0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(found.largest, np.abs(maps).max(axis=(0, 1, 2)), rtol=1e-5)
    for number in range(5):
        of_filter = maps[..., number]
        best = np.argsort(-of_filter.max(axis=(1, 2)), kind="stable")[:9]
        np.testing.assert_array_equal(found.images[number], best)
        for image, row, column in zip(best, found.rows[number], found.columns[number], strict=True):
            assert of_filter[image, row, column] == of_filter[image].max()


@pytest.mark.parametrize(
    "spec", [PLAIN, PADDED, NORMED, STRIDED], ids=["plain", "padded", "normed", "strided"]
)
def test_a_patch_holds_all_that_the_activation_depends_on(spec, images):
    """What lies outside may change at will; what lies inside is what the network saw."""
    model = network(spec)
    found = inspection.top_activations(model, images, "conv_2")
    maps = convolved(spec, SHAPE, "conv_2")
    number = int(np.argmax(found.strongest))
    image = images[found.images[number, 0]]
    top = found.rows[number, 0] * maps.jump + maps.top
    left = found.columns[number, 0] * maps.jump + maps.left
    inside = np.zeros(SHAPE, bool)
    inside[max(top, 0) : top + maps.field, max(left, 0) : left + maps.field] = True
    changed = np.where(inside, image, 1 - image)
    place = (found.rows[number, 0], found.columns[number, 0], number)
    kept = inspection.layer_outputs(model, changed)["conv_2"][place]
    assert kept == pytest.approx(found.strongest[number], rel=1e-5)
    other = inspection.layer_outputs(model, np.where(inside, 1 - image, image))["conv_2"][place]
    assert other != pytest.approx(found.strongest[number], rel=1e-3)


@pytest.mark.parametrize("name", ["conv_1", "conv_2"])
def test_a_maximizing_image_activates_its_filter_more_than_any_test_image(name, images):
    """Also one whose map is 0 on noise, by a bias far below 0."""
    model = network(PLAIN)
    model.get_layer("conv_1").bias.assign([-0.01, 0.0, 0.01])
    for layer in ("conv_1", "conv_2"):
        model.get_layer(layer).activation = keras.activations.linear  # so that sums below 0 count too
    maximizing = inspection.maximize_activation(model, name, [0, 2])
    assert maximizing.shape == (2, *SHAPE) and maximizing.min() >= 0 and maximizing.max() <= 1
    for image, number in zip(maximizing, [0, 2], strict=True):
        activation = inspection.layer_outputs(model, image)[name][..., number].mean()
        others = [inspection.layer_outputs(model, each)[name][..., number].mean() for each in images]
        assert activation > max(others)


def test_a_filter_that_noise_does_not_activate_has_a_maximizing_image_too():
    model = network(PLAIN)
    model.get_layer("conv_1").bias.assign([-100.0, 0.0, 0.0])
    assert np.ptp(inspection.maximize_activation(model, "conv_1", [0])) > 0.5


def test_a_maximizing_image_of_a_network_for_raw_pixels_is_that_of_its_twin_for_scaled_ones():
    """The twin's first kernels are 255 times as large, so that both compute the same."""
    raw, twin = network(PLAIN), network(PLAIN)
    kernel, bias = raw.get_layer("conv_1").get_weights()
    twin.get_layer("conv_1").set_weights([kernel * 255, bias])
    found = inspection.maximize_activation(raw, "conv_2", [1], white=255)
    np.testing.assert_allclose(found, inspection.maximize_activation(twin, "conv_2", [1]), atol=1e-3)
