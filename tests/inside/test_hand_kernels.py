import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from cnnlab.errors import InputRefused
from cnnlab.inside.convolution import convolve
from cnnlab.inside.hand_kernels import HAND_KERNELS, RESPONDS_TO, parse_kernel

IMAGE = np.random.default_rng(0).random((12, 10), np.float32)


def filtered(name: str) -> np.ndarray:
    """The image under a hand-set kernel, of the same size, the border left out."""
    side = len(HAND_KERNELS[name])
    return convolve(IMAGE[..., None], HAND_KERNELS[name][..., None], 0.0, "same")[side:-side, side:-side]


def inner(image: np.ndarray, name: str) -> np.ndarray:
    side = len(HAND_KERNELS[name])
    return image[side:-side, side:-side]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Identity", IMAGE),
        ("Sobel x", ndimage.sobel(IMAGE, axis=1)),
        ("Sobel y", ndimage.sobel(IMAGE, axis=0)),
        ("Vertical edges", ndimage.prewitt(IMAGE, axis=1)),
        ("Horizontal edges", ndimage.prewitt(IMAGE, axis=0)),
        ("Box blur", ndimage.uniform_filter(IMAGE, 3)),
        ("Gaussian blur", ndimage.gaussian_filter(IMAGE, 1.0, radius=2)),
        ("Sharpen", IMAGE - ndimage.laplace(IMAGE)),
        ("Outline", 9 * (IMAGE - ndimage.uniform_filter(IMAGE, 3))),
    ],
)
def test_a_hand_kernel_does_what_scipys_filter_of_this_name_does(name, expected):
    tolerance = 0.02 if name == "Gaussian blur" else 1e-5  # binomial weights stand for the Gaussian's
    np.testing.assert_allclose(filtered(name), inner(expected, name), atol=tolerance)


def test_emboss_raises_what_grows_brighter_to_the_lower_right_and_keeps_even_areas():
    slope = np.add.outer(np.arange(5.0), np.arange(5.0))[..., None]
    assert convolve(slope, HAND_KERNELS["Emboss"][..., None])[1, 1] > slope[2, 2, 0]
    assert convolve(slope[::-1, ::-1], HAND_KERNELS["Emboss"][..., None])[1, 1] < slope[2, 2, 0]
    assert HAND_KERNELS["Emboss"].sum() == 1


@pytest.mark.parametrize("name", HAND_KERNELS)
def test_every_hand_kernel_is_square_and_explained_and_cannot_be_changed(name):
    kernel = HAND_KERNELS[name]
    assert kernel.shape in ((3, 3), (5, 5)) and kernel.dtype == np.float32
    assert RESPONDS_TO[name].endswith(".")
    with pytest.raises(ValueError):
        kernel[0, 0] = 9


@given(
    side=st.sampled_from([3, 5]),
    data=st.data(),
    between=st.sampled_from([" ", ",", ", ", "\t", " , "]),
    line_end=st.sampled_from(["\n", "\r\n", "\n\n", " \n", ",\n"]),
)
def test_what_is_typed_is_what_comes_out_however_it_is_separated(side, data, between, line_end):
    weight = st.floats(-1000, 1000, width=32)
    rows = data.draw(st.lists(st.lists(weight, min_size=side, max_size=side), min_size=side, max_size=side))
    text = line_end.join(between.join(map(str, row)) for row in rows)
    found = parse_kernel(text)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array(rows, np.float32))


def test_fractions_and_the_typographers_minus_are_numbers_too():
    found = parse_kernel("1/9 -1/9 −1/9\n−1 +2 .5\n1e-3 0/5 1.5/3")
    expected = [[1 / 9, -1 / 9, -1 / 9], [-1, 2, 0.5], [0.001, 0, 0.5]]
    np.testing.assert_array_equal(found, np.array(expected, np.float32))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it has 0 lines"),
        ("1 2 3", "it has 1 line:"),
        ("1 2\n3 4", "it has 2 lines:"),
        ("1 2 3\n4 5\n7 8 9", "it has 3 lines, and line 2 has 2 numbers"),
        ("1 2 3\n4 5 6\n7", "line 3 has 1 number:"),
        ("1 2 3,, 4\n4 5 6\n7 8 9", "line 1 has 4 numbers"),
        ("\n".join(["1 2 3 4 5 6 7"] * 7), "it has 7 lines"),
        ("1 2 3\n4 five 6\n7 8 9", "'five' is not"),
        ("1 2 3\n4 1/0 6\n7 8 9", "'1/0' is not"),
        ("1 2 3\n4 1/2/3 6\n7 8 9", "'1/2/3' is not"),
        ("1 2 3\n4 nan 6\n7 8 9", "'nan' is not"),
        ("1 2 3\n4 inf 6\n7 8 9", "'inf' is not"),
        ("1 2 3\n4 1e999999999 6\n7 8 9", "'1e999999999' is not"),
        ("1 2 3\n4 -1001 6\n7 8 9", "from -1,000 to 1,000, but '-1001' is not"),
        (f"1 2 3\n4 {'x' * 999} 6\n7 8 9", f"'{'x' * 20}…' is not"),
    ],
)
def test_a_kernel_that_is_none_is_refused_with_the_reason_and_the_control(text, said):
    with pytest.raises(InputRefused) as refused:
        parse_kernel(text)
    assert said in str(refused.value)
    assert str(refused.value).endswith(": change 'Your own kernel'.")
