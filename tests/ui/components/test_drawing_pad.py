"""What the pad sends, as Python reads it; drawing itself is a matter for a browser."""

import json
from base64 import b64encode
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.errors import PictureRefused
from cnnlab.ui.components import drawing_pad
from cnnlab.ui.components.drawing_pad import SIDE, decode_drawing

GREY = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE), dtype=np.uint8)
SENT = b64encode(GREY.tobytes()).decode()


def show() -> None:
    import streamlit as st

    from cnnlab.ui.components import drawing_pad

    st.session_state.canvas = drawing_pad.drawing("pad", "Handwriting (MNIST)", 28)


def test_every_byte_is_one_pixel_row_by_row():
    canvas = decode_drawing(SENT)
    assert canvas.dtype == np.float32
    np.testing.assert_allclose(canvas, GREY / 255)


def test_before_anything_is_sent_the_canvas_is_black():
    app = AppTest.from_function(show).run()
    assert not app.exception
    canvas = app.session_state.canvas
    assert (canvas.shape, canvas.dtype, canvas.any()) == ((SIDE, SIDE), np.float32, False)


def test_what_the_browser_has_sent_is_what_is_drawn(monkeypatch):
    monkeypatch.setattr(drawing_pad, "_component", lambda **_: SimpleNamespace(grey=SENT))
    np.testing.assert_allclose(drawing_pad.drawing("pad", "Handwriting (MNIST)", 28), GREY / 255)


def test_the_canvas_has_a_name_that_tells_what_to_draw_and_what_to_do_without_a_pointer():
    [pad] = AppTest.from_function(show).run().get("bidi_component")
    data = json.loads(pad.proto.json)
    assert "Handwriting (MNIST)" in data["label"] and "choose a test image" in data["label"]
    assert (data["side"], data["key"]) == (SIDE, "pad")


@pytest.mark.parametrize(
    "sent",
    [
        "",
        SENT[:-4],
        SENT + "AAAA",
        SENT[:-2] + "AA",
        "*" + SENT[1:],
        "é" + SENT[1:],
        "\n" + SENT[1:],
        SENT.encode(),
        list(SENT),
        {"grey": SENT},
        0,
        True,
        "A" * 1_000_000,
    ],
    ids=[
        *("empty", "too short", "too long", "two bytes more", "not base64", "not ASCII", "line break"),
        *("bytes", "list", "dictionary", "number", "flag", "huge"),
    ],
)
def test_anything_else_is_refused_with_a_sentence_that_names_the_button(sent):
    with pytest.raises(PictureRefused, match="press 'Clear' on the pad and draw again"):
        decode_drawing(sent)
