import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnlab.inside.convolution import Norm, activate, convolve
from cnnlab.ui.components import convolution_stepper, stepper
from cnnlab.ui.components.convolution_stepper import Limits, show_convolution, smallest_limits
from cnnlab.views.palette import DIVERGING, NOT_FINITE
from cnnlab.views.pictures.tiles import colorbar_html


def numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


MAPS, KERNEL = numbers(1, 9, 8, 5), numbers(2, 4, 4, 5)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the last call handed to the component, as the browser gets it: through strict JSON."""
    arguments: dict[str, Any] = {}

    def component(key: str, data: dict[str, Any]) -> None:
        arguments.update(json.loads(json.dumps({"key": key, "data": data}, allow_nan=False)))

    monkeypatch.setattr(convolution_stepper, "_component", component)
    return arguments


def unpacked(array: dict[str, Any]) -> np.ndarray:
    """As the script unpacks it: base64 of little-endian float32, and a shape."""
    return np.frombuffer(base64.b64decode(array["values"]), "<f4").reshape(array["shape"])


@pytest.mark.parametrize(
    "array", [MAPS, MAPS.astype(np.float64), MAPS.astype(">f4"), MAPS.transpose(2, 0, 1), MAPS[:, ::2]]
)
def test_an_array_arrives_with_its_shape_and_its_values_in_single_precision(array):
    found = unpacked(stepper.pack_array(array))
    assert found.shape == array.shape
    np.testing.assert_array_equal(found, array.astype(np.float32))


def test_the_script_draws_with_the_colours_of_all_other_pictures():
    script = Path(stepper.__file__).with_name("stepper.js").read_text("utf-8")
    low, middle, high, not_finite = (
        list(bytes.fromhex(colour.removeprefix("#"))) for colour in (*DIVERGING, NOT_FINITE)
    )
    assert f"[LOW, MIDDLE, HIGH] = [{low}, {middle}, {high}];" in script
    assert f"NOT_FINITE = {not_finite};" in script


def test_maps_kernel_bias_and_kerass_output_are_sent_as_they_are(sent):
    output = activate(convolve(MAPS, KERNEL, 0.25), "tanh")
    show_convolution("why", MAPS, KERNEL, bias=0.25, activation="tanh", output=output, alt="A convolution.")
    data = sent["data"]
    for name, expected in (("maps", MAPS), ("kernel", KERNEL), ("output", output), ("bias", [0.25])):
        np.testing.assert_array_equal(unpacked(data[name]), expected)
    assert (sent["key"], data["activation"], data["norm"]) == ("why", "tanh", None)
    assert data["by_keras"] is True


def test_keras_is_named_only_where_keras_computed(sent):
    show_convolution("hand", MAPS, KERNEL, padding="same", activation="relu", bias=-0.5, alt="By hand.")
    assert sent["data"]["by_keras"] is False
    expected = activate(convolve(MAPS, KERNEL, -0.5, "same"), "relu")
    np.testing.assert_array_equal(unpacked(sent["data"]["output"]), expected)


def test_a_norm_stands_between_the_sum_and_the_activation(sent):
    show_convolution("norm", MAPS, KERNEL, norm=Norm(2.0, -0.5), activation="relu", alt="Normalised.")
    np.testing.assert_array_equal(unpacked(sent["data"]["norm"]), [2.0, -0.5])
    expected = np.maximum(convolve(MAPS, KERNEL) * 2 - 0.5, 0)
    np.testing.assert_allclose(unpacked(sent["data"]["output"]), expected, rtol=1e-6)


@pytest.mark.parametrize(("padding", "margins"), [("valid", [0, 0]), ("same", [1, 2])])
def test_the_margins_of_an_even_kernel_are_larger_at_the_bottom_and_right(sent, padding, margins):
    show_convolution("margins", MAPS, KERNEL, padding=padding, alt="Padded.")
    assert sent["data"]["margins"] == {"rows": margins, "columns": margins}


@pytest.mark.parametrize(
    ("padding", "margins", "hatched"),
    [
        (
            "valid",
            ([0, 0], [0, 0]),
            "Hatched: the last 2 rows and the last column, which the kernel does not reach.",
        ),
        ("same", ([0, 1], [1, 1]), "Hatched: outside the map, where padding 'same' has zeros."),
    ],
)
def test_a_stride_of_three_has_margins_of_its_own_and_says_what_is_hatched(sent, padding, margins, hatched):
    show_convolution("strided", MAPS, KERNEL, padding=padding, stride=3, alt="Strided.")
    assert sent["data"]["stride"] == 3
    assert sent["data"]["margins"] == dict(zip(("rows", "columns"), margins, strict=True))
    assert sent["data"]["hatched"] == hatched
    np.testing.assert_array_equal(unpacked(sent["data"]["output"]), convolve(MAPS, KERNEL, 0.0, padding, 3))


def test_nothing_is_hatched_where_the_kernel_reaches_all_pixels(sent):
    show_convolution("whole", MAPS, KERNEL, alt="Valid.")
    assert sent["data"]["hatched"] == ""


def test_titles_and_the_text_alternative_are_sent(sent):
    show_convolution("words", MAPS, KERNEL, alt="One filter.", input_title="Image", output_title="conv_1, 3")
    assert sent["data"]["titles"] == {"input": "Image", "output": "conv_1, 3"}
    assert sent["data"]["alt"] == "One filter."


def test_the_scales_hold_every_value_every_weight_every_product_and_the_output():
    output = convolve(MAPS, KERNEL)
    limits = smallest_limits(MAPS, KERNEL, output)
    assert limits[:2] == pytest.approx((abs(MAPS).max(), abs(KERNEL).max()))
    assert limits.output == pytest.approx(abs(output).max())
    windows = np.lib.stride_tricks.sliding_window_view(MAPS, (4, 4), axis=(0, 1))
    products = abs(windows * KERNEL.transpose(2, 0, 1)).max()
    assert products <= limits.products <= limits.input * limits.kernel


def test_scales_that_are_given_are_used_and_written_beside_the_pictures(sent):
    limits = Limits(3.0, 0.5, 2.0, 9.0)
    show_convolution("scales", MAPS, KERNEL, limits=limits, alt="On a given scale.")
    assert sent["data"]["limits"] == limits._asdict()
    assert sent["data"]["bars"] == {name: colorbar_html(limit) for name, limit in limits._asdict().items()}


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_a_scale_that_is_no_positive_number_is_refused(sent, bad):
    with pytest.raises(ValueError, match="must be a positive number"):
        show_convolution("bad", MAPS, KERNEL, limits=Limits(1.0, 1.0, bad, 1.0), alt="Without a scale.")


def test_a_diverged_network_can_be_sent(sent):
    weights, bias = np.full_like(KERNEL, np.nan), float("nan")
    show_convolution("nan", MAPS, weights, bias=bias, norm=Norm(np.nan, np.inf), alt="Diverged.")
    assert np.isnan(unpacked(sent["data"]["bias"])).all()
    assert np.isnan(unpacked(sent["data"]["output"])).all()
    assert sent["data"]["limits"]["kernel"] == 1.0


@pytest.mark.parametrize(
    ("maps", "kernel", "output", "said"),
    [
        (MAPS[..., 0], KERNEL, None, r"Maps must be \(H, W, C\)"),
        (MAPS, KERNEL[..., :2], None, r"must be \(k, k, 5\), not \(4, 4, 2\)"),
        (MAPS, KERNEL[:3], None, r"must be \(k, k, 5\)"),
        (MAPS[:3], KERNEL, None, "does not fit"),
        (MAPS, KERNEL, MAPS[..., 0], r"output of this convolution must be \(6, 5\), not \(9, 8\)"),
    ],
)
def test_other_shapes_are_refused_before_anything_is_sent(sent, maps, kernel, output, said):
    with pytest.raises(ValueError, match=said):
        show_convolution("bad", maps, kernel, output=output, alt="SettingsRefused.")
    assert sent == {}


def test_the_channels_of_an_image_in_colour_are_named_and_other_maps_are_not(sent):
    image, kernel = np.abs(numbers(3, 20, 30, 3)), numbers(4, 3, 3, 3)
    show_convolution("colours", image, kernel, channels=("red", "green", "blue"), alt="In colour.")
    assert sent["data"]["channels"] == ["red", "green", "blue"]
    show_convolution("maps", MAPS, KERNEL, alt="Maps.")
    assert sent["data"]["channels"] == []


def test_the_maps_of_a_large_image_are_sent_in_a_few_megabytes(sent):
    maps, kernel = np.ones((73, 73, 64), np.float32), np.ones((3, 3, 64), np.float32)
    show_convolution("large", maps, kernel, alt="The second convolution of an image of 150×150 pixels.")
    assert len(json.dumps(sent)) < 2_000_000
