"""The picture of a network: its tiles are the layers' outputs, its texts the layer table's numbers."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from cnnlab.arithmetic.network import layer_rows
from cnnlab.inside.network_view import NetworkView
from cnnlab.spec import PRESETS, ConvBlock, ConvNetSpec, DenseSpec
from cnnlab.views.pictures.live_network import MOST_TILES, image_uri, network_picture
from tests.own_datasets import SHAPES

CLASSES = [f"class {number}" for number in range(10)]
LAB = PRESETS["lab"]


def view_of(spec, seed: int = 1) -> NetworkView:
    rows, random = layer_rows(spec, (28, 28, 1), 10), np.random.default_rng(seed)
    outputs = {
        row.name: random.normal(size=row.output_shape).astype(np.float32)
        for row in rows
        if row.type != "Flatten"
    }
    shares = np.exp(outputs[rows[-1].name])
    outputs[rows[-1].name] = shares / shares.sum()
    units = 0 if isinstance(spec, ConvNetSpec) else min(8, spec.units)
    return NetworkView(3, outputs, random.normal(size=(units, 28, 28, 1)).astype(np.float32))


def picture(spec, view: NetworkView | None, label: int | None = None):
    rows = layer_rows(spec, (28, 28, 1), 10)
    return network_picture("A network", "step 3", "#0877bd", rows, CLASSES, view, label)


def pixels(src: str) -> np.ndarray:
    content = base64.b64decode(src.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def test_the_lab_network_has_a_column_for_each_layer_with_its_numbers():
    drawn = picture(LAB.model, None)
    assert [(layer.name, layer.shape) for layer in drawn.layers] == [
        ("conv_1", "26×26×64"),
        ("pool_1", "13×13×64"),
        ("conv_2", "11×11×64"),
        ("pool_2", "5×5×64"),
        ("dense", "128"),
    ]
    assert drawn.layers[0].costs == ("640 parameters", "389,376 multiply-adds")
    assert drawn.layers[1].costs == ()
    assert [layer.shown for layer in drawn.layers] == ["8 of 64 shown"] * 4 + [""]
    assert drawn.costs == "243,786 parameters, 5.06 million multiply-adds"
    assert drawn.layers[4].breadth == 1 and 0 < drawn.layers[0].breadth < 1


def test_before_anything_is_known_the_same_tiles_are_empty():
    for spec in (LAB.model, LAB.baseline):
        empty, full = picture(spec, None), picture(spec, view_of(spec))
        assert [len(layer.tiles) for layer in empty.layers] == [len(layer.tiles) for layer in full.layers]
        assert not any(tile.src for layer in empty.layers for tile in layer.tiles)
        assert all(tile.src for layer in full.layers for tile in layer.tiles)
        assert empty.answer == "" and [bar.text for bar in empty.bars] == [""] * 10


def test_the_most_active_maps_are_shown_in_their_order_on_one_scale():
    view = view_of(LAB.model)
    maps = view.outputs["conv_2"]
    maps *= 0.01
    for number in (2, 40, 63):
        maps[..., number] *= 100
    tiles = picture(LAB.model, view).layers[2].tiles
    numbers = [tile.number for tile in tiles]
    assert len(tiles) == MOST_TILES and numbers == sorted(numbers) and {3, 41, 64} <= set(numbers)
    activity = np.abs(maps).mean(axis=(0, 1))
    assert set(numbers) == {int(place) + 1 for place in np.argsort(-activity)[:MOST_TILES]}
    quiet = pixels(next(tile.src for tile in tiles if tile.number not in (3, 41, 64)))
    loud = pixels(tiles[numbers.index(41)].src)
    assert quiet.std() < loud.std() / 5, "one scale for all maps of a layer"
    low, high = maps[..., 40].min(), maps[..., 40].max()
    assert tiles[numbers.index(41)].text == f"conv_2, map 41, from −{-low:.2f} to {high:.2f}"


def test_a_dense_network_shows_the_weights_of_its_first_units_as_images():
    view = view_of(LAB.baseline)
    [layer] = picture(LAB.baseline, view).layers
    assert (layer.name, layer.shown, layer.wide) == ("dense", "8 of 128 shown", True)
    assert [tile.number for tile in layer.tiles] == list(range(1, 9))
    few = picture(DenseSpec(units=3), view_of(DenseSpec(units=3))).layers[0]
    assert len(few.tiles) == 3 and few.shown == ""


def test_batch_normalisation_activation_and_dropout_have_no_column():
    spec = ConvNetSpec(blocks=(ConvBlock(filters=4, batch_norm=True, pooling="none"),), dropout=0.5)
    assert [layer.name for layer in picture(spec, view_of(spec)).layers] == ["conv_1", "dense"]


@pytest.mark.parametrize(("label", "ending"), [(None, ""), (4, ", which is right"), (5, ", which is wrong")])
def test_the_bars_are_the_probabilities_and_the_answer_the_highest(label, ending):
    view = view_of(LAB.model)
    shares = np.full(10, 0.05, np.float32)
    shares[4] = 0.55
    view.outputs["output"] = shares
    drawn = picture(LAB.model, view, label)
    assert drawn.answer == f"class 4, 55.0%{ending}"
    assert [bar.share for bar in drawn.bars] == pytest.approx(shares)
    assert [bar.best for bar in drawn.bars] == [place == 4 for place in range(10)]
    assert [bar.true for bar in drawn.bars] == [place == label for place in range(10)]


def test_a_network_that_is_not_finite_has_no_answer_and_can_be_drawn():
    view = view_of(LAB.model)
    for output in view.outputs.values():
        output[...] = np.nan
    drawn = picture(LAB.model, view, 4)
    assert drawn.answer == "" and {bar.text for bar in drawn.bars} == {"not a number"}
    assert all(0 <= bar.share <= 1 for bar in drawn.bars)


def test_an_image_is_grey_and_one_of_colours_in_colour():
    image = np.zeros((4, 4, 1), np.float32)
    image[1, 2] = 1
    grey = pixels(image_uri(image, 4))
    assert grey.shape == (4, 4, 3) and (grey[1, 2] == 255).all() and grey.sum() == 3 * 255
    coloured = np.zeros((4, 4, 3), np.float32)
    coloured[0, 0, 0] = 1
    assert pixels(image_uri(coloured, 4))[0, 0].tolist() == [255, 0, 0]


def test_each_layer_says_how_its_values_come_about():
    spec = PRESETS["lab"]
    rows = layer_rows(spec.model, (28, 28, 1), 10)
    picture = network_picture("CNN", "", "#000000", rows, [str(n) for n in range(10)], None)
    by_name = {row.name: row for row in rows}
    for layer in picture.layers:
        assert layer.formula == by_name[layer.name].shape_text != ""


def test_of_many_classes_the_likeliest_have_bars_and_the_true_one_is_among_them():
    classes = [f"kind {number}" for number in range(100)]
    rows = layer_rows(LAB.model, (28, 28, 1), 100)
    shares = np.linspace(0, 1, 100, dtype=np.float32)
    shares /= shares.sum()
    view = NetworkView(0, {row.name: np.ones(row.output_shape, np.float32) for row in rows}, np.empty(0))
    view.outputs["output"] = shares
    drawn = network_picture("CNN", "", "#000000", rows, classes, view, label=3)
    assert [bar.label for bar in drawn.bars] == [*(f"kind {n}" for n in range(99, 88, -1)), "kind 3"]
    assert [bar.label for bar in drawn.bars if bar.true] == ["kind 3"]
    assert drawn.bars_note == "12 of 100 classes, the likeliest first"
    assert drawn.answer.startswith("kind 99, ") and drawn.answer.endswith(", which is wrong")
    empty = network_picture("CNN", "", "#000000", rows, classes, None, label=3)
    assert len(empty.bars) == 12 and any(bar.true for bar in empty.bars)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_network_for_images_of_any_shape_is_drawn_in_small_pictures(shape):
    cnn, dense = ConvNetSpec(blocks=(ConvBlock(filters=3),), dense_units=4), DenseSpec(units=3)
    generator = np.random.default_rng(2)
    for spec in (cnn, dense):
        rows = layer_rows(spec, shape, 2)
        outputs = {row.name: generator.random(row.output_shape).astype(np.float32) for row in rows}
        weights = generator.normal(size=(3 if spec is dense else 0, *shape)).astype(np.float32)
        drawn = network_picture("A network", "", "#000000", rows, "ab", NetworkView(1, outputs, weights), 1)
        for tile in (tile for layer in drawn.layers for tile in layer.tiles):
            assert max(pixels(tile.src).shape[:2]) <= 84
    [layer] = drawn.layers
    assert ("in colour, middle grey is 0" in layer.tiles[0].text) == (shape[2] == 3)
