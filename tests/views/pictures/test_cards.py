"""Cards of filters and images of any shape, in grey and in colour."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from cnnlab.views.pictures.cards import WIDTH, filter_cards, image_card
from cnnlab.views.pictures.kernels import BY_CHANNEL, IN_COLOUR, ColourView
from tests.own_datasets import SHAPES


def pixels(src: str) -> np.ndarray:
    content = base64.b64decode(src.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


@pytest.mark.parametrize("shape", SHAPES)
def test_an_image_is_shown_in_its_colours_and_proportions_and_never_larger_than_needed(shape):
    image = np.random.default_rng(0).random(shape, np.float32)
    [picture] = image_card(3, "a cat", image).pictures
    shown = pixels(picture.src)
    assert max(shown.shape[:2]) <= WIDTH * 1.2
    assert shown.shape[0] / shown.shape[1] == pytest.approx(shape[0] / shape[1], rel=0.01)
    if max(shape[:2]) <= WIDTH:
        scale = shown.shape[0] // shape[0]
        expected = np.broadcast_to(np.rint(image * 255), (*shape[:2], 3))
        np.testing.assert_allclose(shown[::scale, ::scale], expected, atol=1)
    else:
        np.testing.assert_allclose(shown[0, 0], image[:2, :2].mean(axis=(0, 1)) * 255, atol=1)


def walls(colours: ColourView | None, channels: int = 3):
    generator = np.random.default_rng(1)
    kernels = generator.normal(size=(3, 3, channels, 4)).astype(np.float32)
    maps = generator.normal(size=(18, 28, 4)).astype(np.float32)
    patches = generator.random((4, 9, 3, 3, channels), np.float32)
    return kernels, filter_cards(kernels, maps, patches, np.zeros(4), range(4), (), colours)


def test_a_filter_over_colours_is_one_picture_in_colour_in_which_middle_grey_is_0():
    kernels, cards = walls(IN_COLOUR)
    kernel = cards[2].pictures[0]
    assert kernel.text.startswith("Filter 3, its weights in colour, middle grey is 0, from −")
    shown, limit = pixels(kernel.src), np.abs(kernels).max()
    middles = shown[shown.shape[0] // 6 :: shown.shape[0] // 3, shown.shape[1] // 6 :: shown.shape[1] // 3]
    np.testing.assert_allclose(middles, (kernels[..., 2] / limit + 1) * 127.5, atol=2)


def test_channel_by_channel_a_filter_has_a_picture_for_each_on_one_scale():
    _, cards = walls(BY_CHANNEL)
    names = [picture.text.split(",")[1] for picture in cards[0].pictures[:3]]
    assert names == [" its weights for red", " its weights for green", " its weights for blue"]
    assert len(cards[0].pictures) == 5


@pytest.mark.parametrize(("channels", "what"), [(1, "weights"), (6, "mean weights over its input maps")])
def test_other_filters_are_shown_by_their_weights_or_the_mean_of_them(channels, what):
    kernels, patches = np.zeros((3, 3, channels, 2), np.float32), np.zeros((2, 9, 5, 5, 1), np.float32)
    cards = filter_cards(kernels, np.zeros((4, 4, 2), np.float32), patches, np.zeros(2), range(2), ())
    assert cards[1].pictures[0].text == f"Filter 2, its {what}, from 0.00 to 0.00"
