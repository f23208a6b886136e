"""An uploaded picture: both versions are shown, and the one that is used is the one that is chosen."""

from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from cnnlab.data.ground import ground
from cnnlab.data.upload import centred_upload, read_upload
from tests.dashboard import run
from tests.data.test_upload import SHAPE, saved

TOGGLE = "centre_upload"


def picture(side: int, at: int) -> bytes:
    """A white bar on black, in a picture of that side."""
    image = Image.new("L", (side, side))
    image.paste(255, (at, at, at + 20, at + 60))
    return saved(image)


FAR, LIKE_THE_SET = picture(400, 30), saved(Image.new("L", (28, 28), 200))


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The files that are chosen one after the other; the last one counts."""
    chosen = [FAR]

    def uploader(*arguments, **options):
        return SimpleNamespace(getvalue=lambda: chosen[-1], file_id=str(len(chosen)))

    monkeypatch.setattr(st, "file_uploader", uploader)
    return chosen


def _page() -> None:
    import streamlit as st

    from cnnlab.spec import DataSpec
    from cnnlab.ui.inside import image

    st.session_state["given"] = image.uploaded(DataSpec(dataset="mnist"))


def test_a_picture_with_another_margin_is_centred_at_first_and_taken_whole_on_request(uploads):
    app = run(AppTest.from_function(_page))
    assert app.toggle(key=TOGGLE).value is True
    np.testing.assert_array_equal(
        app.session_state["given"], centred_upload(FAR, ground("mnist").framing, SHAPE).image
    )
    assert captions(app) == ["The whole picture", "**Centred and scaled**, used"]
    app.toggle(key=TOGGLE).set_value(False)
    run(app)
    np.testing.assert_array_equal(app.session_state["given"], read_upload(FAR, SHAPE)[0])
    assert captions(app) == ["**The whole picture**, used", "Centred and scaled"]


def test_another_file_has_a_default_of_its_own(uploads):
    app = run(AppTest.from_function(_page))
    app.toggle(key=TOGGLE).set_value(False)
    run(app)
    uploads.append(picture(300, 10))
    run(app)
    assert app.toggle(key=TOGGLE).value is True
    uploads.append(picture(28, 2))
    run(app)
    assert app.toggle(key=TOGGLE).value is False


def test_where_nothing_can_be_centred_there_is_no_control(uploads):
    uploads.append(saved(Image.new("L", (50, 50))))
    app = run(AppTest.from_function(_page))
    assert not app.toggle or TOGGLE not in [each.key for each in app.toggle]
    assert app.session_state["given"].shape == SHAPE


def captions(app: AppTest) -> list[str]:
    return [image.caption for each in app.get("image") for image in each.proto.imgs]
