"""The photograph in the section 'Kernel by hand', held to SciPy and to NumPy."""

import numpy as np
import pytest
from scipy.signal import correlate2d
from streamlit.testing.v1 import AppTest

from cnnlab.data.photograph import photograph as the_photograph
from cnnlab.inside.hand_kernels import HAND_KERNELS
from cnnlab.ui.inside import photograph
from cnnlab.ui.inside.photograph import LIMIT, TITLE, shrink
from tests.dashboard import run

POOLED = {"max": np.max, "average": np.mean, "min": np.min}


def expected(kernel: np.ndarray, kind: str, relu: bool) -> tuple[np.ndarray, np.ndarray]:
    """By SciPy's correlation and a reshape into 2×2 windows, in double precision."""
    convolved = correlate2d(the_photograph()[..., 0].astype(float), kernel.astype(float), mode="valid")
    if relu:
        convolved = np.maximum(convolved, 0)
    half = convolved.shape[0] // 2
    return convolved, POOLED[kind](convolved.reshape(half, 2, half, 2), axis=(1, 3))


@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("kind", POOLED)
@pytest.mark.parametrize("name", ["Sobel x", "Gaussian blur"])  # 3×3 and 5×5
def test_a_photograph_is_convolved_and_pooled_as_scipy_and_numpy_do_it(name, kind, relu):
    shrunk = shrink(the_photograph(), HAND_KERNELS[name], kind, relu)
    for found, right in zip(shrunk, expected(HAND_KERNELS[name], kind, relu), strict=True):
        np.testing.assert_allclose(found, right, atol=1e-5)


def section() -> AppTest:
    """The section, without the rest of the page."""
    return AppTest.from_function(_section, default_timeout=30)


def _section() -> None:
    import numpy as np

    from cnnlab.ui.inside.image import Picture
    from cnnlab.ui.inside.step_by_step import show_by_hand

    show_by_hand(Picture(np.zeros((28, 28, 1), np.float32), None, "Test image 1"))


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list:
    """What was drawn: the values and how."""
    given: list = []
    draw = photograph.tile_png

    def tile_png(tiles, limit, colormap, **options):
        given.append((tiles[0], limit, colormap))
        return draw(tiles, limit, colormap, **options)

    monkeypatch.setattr(photograph, "tile_png", tile_png)
    return given


def choose(app: AppTest, key: str, value: str) -> None:
    app.button_group(key=key).set_value(value)
    run(app)


def with_photograph(kernel: str) -> AppTest:
    app = run(section())
    app.selectbox(key="hand_kernel").set_value(kernel)
    choose(app, "kernel_over", TITLE)
    return app


def images(app: AppTest) -> list:
    return [each.proto.imgs[0] for each in app.main.get("image")]


def test_the_chosen_image_comes_first_and_has_no_photograph_beside_it(drawn):
    app = run(section())
    assert app.button_group(key="kernel_over").value == "The chosen image"
    assert drawn == [] and images(app) == []


@pytest.mark.parametrize(
    ("kernel", "sizes"),
    [("Sobel x", ("512×512", "510×510", "255×255")), ("Gaussian blur", ("512×512", "508×508", "254×254"))],
)
def test_the_three_pictures_are_named_by_their_sizes(kernel, sizes, drawn):
    app = with_photograph(kernel)
    assert [values.shape for values, *_ in drawn] == [tuple(map(int, size.split("×"))) for size in sizes]
    for image, size in zip(images(app), sizes, strict=True):
        assert image.caption.endswith(size) and f", {size}, from " in image.alt
    assert any(" → ".join(sizes) in each.value for each in app.markdown)


def test_all_three_are_drawn_on_the_scale_of_the_photograph_in_greys_where_nothing_is_negative(drawn):
    with_photograph("Sobel x")
    convolved, pooled = expected(HAND_KERNELS["Sobel x"], "max", relu=True)
    for (values, limit, colormap), right in zip(
        drawn, (the_photograph()[..., 0], convolved, pooled), strict=True
    ):
        np.testing.assert_allclose(values, right, atol=1e-5)
        assert (limit, colormap) == (LIMIT, "grey")


def test_without_relu_negative_values_are_kept_and_told_by_their_colour(drawn):
    app = with_photograph("Sobel x")
    drawn.clear()
    app.toggle(key="photograph_relu").set_value(False)
    choose(app, "photograph_pooling", "average")
    convolved, pooled = expected(HAND_KERNELS["Sobel x"], "average", relu=False)
    assert [colormap for *_, colormap in drawn] == ["grey", "diverging", "diverging"]
    np.testing.assert_allclose(drawn[1][0], convolved, atol=1e-5)
    np.testing.assert_allclose(drawn[2][0], pooled, atol=1e-5)
    assert "ReLU" not in images(app)[1].caption


def test_the_kind_of_pooling_is_the_one_that_is_chosen_and_said(drawn):
    app = with_photograph("Outline")
    for kind, result in (("max", "largest"), ("average", "average"), ("min", "smallest")):
        choose(app, "photograph_pooling", kind)
        np.testing.assert_allclose(drawn[-1][0], expected(HAND_KERNELS["Outline"], kind, True)[1], atol=1e-5)
        assert images(app)[2].caption.startswith(f"After {kind} pooling")
        assert any(f"window its {result}" in each.value for each in app.markdown)


def test_a_kernel_that_was_typed_is_slid_over_the_photograph_too(drawn):
    app = with_photograph("your own")
    app.text_area(key="own_kernel").set_value("0 0 0\n0 0 1\n0 0 0")
    drawn.clear()
    run(app)
    np.testing.assert_array_equal(drawn[1][0], the_photograph()[1:-1, 2:, 0])


def test_a_kernel_that_is_refused_draws_nothing(drawn):
    app = with_photograph("your own")
    drawn.clear()
    app.text_area(key="own_kernel").set_value("1 2")
    run(app)
    assert drawn == [] and app.error
