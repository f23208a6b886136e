import json
from itertools import pairwise

import pytest

from cnnlab.arithmetic.explanations import shape_label
from cnnlab.arithmetic.network import layer_rows
from cnnlab.spec import PRESETS, ConvBlock, ConvNetSpec, DenseSpec
from cnnlab.views.figures.network import SLOT, Box, network_boxes, network_figure
from cnnlab.views.palette import CLEAR

IMAGE = (28, 28, 1)
LAB = PRESETS["lab"]


def boxes_of(model: ConvNetSpec | DenseSpec, input_shape: tuple[int, int, int] = IMAGE) -> list[Box]:
    return network_boxes(layer_rows(model, input_shape, 10), input_shape)


def figure_of(model: ConvNetSpec | DenseSpec):
    return network_figure(layer_rows(model, IMAGE, 10), IMAGE, "#0877bd")


def test_an_empty_network_is_an_empty_figure_that_says_so():
    assert network_boxes([], IMAGE) == []
    figure = network_figure([], IMAGE, "#0877bd")
    assert not figure.data and not figure.layout.shapes
    assert "no network to draw" in figure.layout.annotations[0].text


def test_the_image_comes_first_and_then_every_layer_in_order():
    assert [(box.name, box.kind) for box in boxes_of(LAB.model)] == [
        ("image", "image"),
        ("conv_1", "convolution"),
        ("pool_1", "pooling"),
        ("conv_2", "convolution"),
        ("pool_2", "pooling"),
        ("flatten", "flatten"),
        ("dense", "dense"),
        ("output", "dense"),
    ]


def test_the_dense_only_network_is_drawn_the_same_way():
    assert [box.name for box in boxes_of(LAB.baseline)] == ["image", "flatten", "dense", "output"]


def test_maps_are_drawn_to_scale():
    image, *maps = boxes_of(LAB.model)[:5]
    for box, side in zip(maps, (26, 13, 11, 5), strict=True):
        assert box.height / image.height == pytest.approx(side / 28)
        assert box.width / image.width == pytest.approx(side / 28)


def test_an_image_that_is_wider_than_high_is_drawn_so():
    square, wide = boxes_of(LAB.baseline)[0], boxes_of(LAB.baseline, (14, 28, 3))[0]
    assert (wide.height, wide.width) == (square.height / 2, square.width)


def test_a_model_and_its_baseline_show_the_image_in_the_same_size():
    cnn, baseline = figure_of(LAB.model), figure_of(LAB.baseline)
    assert boxes_of(LAB.model)[0] == boxes_of(LAB.baseline)[0]
    assert cnn.layout.yaxis.range == baseline.layout.yaxis.range
    assert cnn.layout.height == baseline.layout.height


@pytest.mark.parametrize(("filters", "sheets"), [(1, 1), (2, 2), (64, 7), (96, 8), (512, 10)])
def test_every_doubling_of_the_channels_adds_a_sheet(filters, sheets):
    model = ConvNetSpec(blocks=(ConvBlock(filters=filters),))
    assert boxes_of(model)[1].sheets == sheets


def test_every_doubling_of_the_units_adds_the_same_height():
    heights = [boxes_of(DenseSpec(units=units))[2].height for units in (31, 63, 127)]
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1])
    assert heights[0] < heights[1]


def test_layers_that_leave_the_shape_alone_are_told_with_the_layer_before_them():
    boxes = {box.name: box for box in boxes_of(PRESETS["deep"].model)}
    assert not {"norm_1", "activation_1", "dropout"} & set(boxes)
    assert boxes["conv_1"].hover.endswith(
        "Then norm_1 (BatchNormalization).<br>Then activation_1 (Activation)."
    )
    assert boxes["dense"].hover.endswith("Then dropout (Dropout).")


def test_pointing_at_a_layer_tells_why_its_shape_and_parameters_are_so():
    rows = {row.name: row for row in layer_rows(LAB.model, IMAGE, 10)}
    for box in boxes_of(LAB.model)[1:]:
        lines = box.hover.split("<br>")
        assert lines[0] == f"<b>{box.name}</b> {shape_label(rows[box.name].output_shape)}"
        told = " ".join(lines[1:])
        assert told == f"{rows[box.name].shape_text} Parameters: {rows[box.name].params_text}"
        assert max(map(len, lines[1:])) <= 48


@pytest.mark.parametrize("pooling", ["max", "average", "min"])
def test_every_kind_of_pooling_is_drawn_as_pooling(pooling):
    model = ConvNetSpec(blocks=(ConvBlock(pooling=pooling),))
    assert boxes_of(model)[2].kind == "pooling"


@pytest.mark.parametrize(
    "model",
    [
        ConvNetSpec(blocks=(ConvBlock(filters=512, padding="same", pooling="none"),) * 4),
        ConvNetSpec(blocks=(ConvBlock(filters=512, padding="same"),) * 4),  # ends in maps of one pixel
        DenseSpec(units=16_384),
    ],
)
def test_layers_are_visible_do_not_overlap_and_stay_within_the_picture(model):
    boxes, layout = boxes_of(model), figure_of(model).layout
    for before, after in pairwise(boxes):
        assert before.left + before.width + before.depth < after.left
        assert after.middle - before.middle == pytest.approx(SLOT)
    for box in boxes:
        assert min(box.width, box.height) >= 6
        assert layout.xaxis.range[0] < box.left
        assert box.left + box.width + box.depth < layout.xaxis.range[1]
        assert layout.yaxis.range[0] < -box.height / 2
        assert box.height / 2 + box.depth < layout.yaxis.range[1]


def test_the_figure_has_all_sheets_a_label_for_each_box_and_the_front_sheet_on_top():
    figure, boxes = figure_of(LAB.model), boxes_of(LAB.model)
    sheets = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert len(sheets) == sum(box.sheets for box in boxes)
    assert list(figure.layout.xaxis.ticktext[:2]) == ["image<br>28×28×1", "conv_1<br>26×26×64"]
    assert list(figure.data[0].hovertext) == [box.hover for box in boxes]
    front = sheets[boxes[0].sheets + boxes[1].sheets - 1]
    assert (front.x0, front.y0) == (boxes[1].left, -boxes[1].height / 2)


def test_the_network_has_its_colour_and_the_page_keeps_its_background_and_text():
    figure = figure_of(LAB.model)
    assert {shape.fillcolor for shape in figure.layout.shapes} >= {"#0877bd"}
    background = figure.layout.template.layout
    assert background.paper_bgcolor == background.plot_bgcolor == CLEAR
    assert figure.layout.font.color is None and figure.layout.xaxis.tickfont.color is None
    json.loads(figure.to_json())
