import base64
import json
from typing import Any

import numpy as np
import pytest

from cnnlab.inside.pooling import Retention, pool
from cnnlab.spec import POOLINGS
from cnnlab.ui.components import pooling_stepper
from cnnlab.ui.components.pooling_stepper import share_texts, show_pooling

VALUES = np.random.default_rng(0).normal(size=(7, 9)).astype(np.float32)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The data that the last call handed to the component, as the browser gets it: through strict JSON."""
    data_sent: dict[str, Any] = {}

    def component(key: str, data: dict[str, Any]) -> None:
        data_sent.update(json.loads(json.dumps(data, allow_nan=False)))

    monkeypatch.setattr(pooling_stepper, "_component", component)
    return data_sent


def unpacked(array: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(array["values"]), "<f4").reshape(array["shape"])


def test_the_map_and_what_each_kind_of_pooling_keeps_of_it_are_sent(sent):
    show_pooling("pool", VALUES, 2, alt="Pooling.", title="conv_1, map 3")
    np.testing.assert_array_equal(unpacked(sent["values"]), VALUES)
    assert list(sent["kinds"]) == ["max", "average", "min"]
    for kind in POOLINGS:
        expected = pool(VALUES[..., None], 2, kind).values[..., 0]
        np.testing.assert_array_equal(unpacked(sent["kinds"][kind]["values"]), expected)
    assert (sent["size"], sent["title"], sent["alt"]) == (2, "conv_1, map 3", "Pooling.")


@pytest.mark.parametrize("kind", ["max", "min"])
def test_row_and_column_of_each_kept_value_are_sent_in_reading_order(sent, kind):
    show_pooling("pool", VALUES, 3, alt="Pooling.")
    rows, columns = np.reshape(sent["kinds"][kind]["sources"], (-1, 2)).T
    np.testing.assert_array_equal(VALUES[rows, columns], unpacked(sent["kinds"][kind]["values"]).ravel())


def test_an_average_has_no_source(sent):
    show_pooling("pool", VALUES, 3, alt="Pooling.")
    assert sent["kinds"]["average"]["sources"] is None


def test_kerass_own_output_is_sent_for_the_kinds_that_keras_computed(sent):
    by_keras = pool(VALUES[..., None], 2, "min").values[..., 0]
    show_pooling("pool", VALUES, 2, outputs={"min": by_keras}, alt="Pooling.")
    np.testing.assert_array_equal(unpacked(sent["kinds"]["min"]["keras"]), by_keras)
    assert [sent["kinds"][kind]["keras"] for kind in ("max", "average")] == [None, None]


@pytest.mark.parametrize(
    ("height", "width", "said"),
    [
        (6, 9, ""),
        (7, 9, "Hatched: the last row does not fill a window and is dropped."),
        (8, 10, "Hatched: the last 2 rows and the last column do not fill a window and are dropped."),
        (6, 11, "Hatched: the last 2 columns do not fill a window and are dropped."),
    ],
)
def test_what_is_dropped_is_said(sent, height, width, said):
    show_pooling("pool", np.zeros((height, width), np.float32), 3, alt="Pooling.")
    assert sent["dropped"] == said


@pytest.mark.parametrize(
    ("share", "details"),
    [
        (
            Retention(0.25, 0.614, 0.3),
            "Exactly 25.0% of the values and 61% of the energy (sum of squares). "
            "Enlarged to the old size, its squared error is 30% of the map's variance.",
        ),
        (Retention(0.25, 0.25, None), "Exactly 25.0% of the values and 25% of the energy (sum of squares)."),
        (Retention(0.25, None, None), "Exactly 25.0% of the values."),
    ],
)
def test_the_details_have_all_shares_that_could_be_computed(share, details):
    assert share_texts(share)["details"] == details


@pytest.mark.parametrize(
    ("side", "size", "fraction"),
    [(28, 2, "a quarter"), (27, 3, "a ninth"), (28, 4, "a sixteenth"), (11, 2, "21%")],
)
def test_the_short_sentence_has_a_fraction_in_words_where_there_is_one(sent, side, size, fraction):
    show_pooling("pool", np.ones((side, side), np.float32), size, alt="Pooling.")
    assert sent["kinds"]["max"]["share"]["short"] == f"Keeps {fraction} of the values"


def test_the_scale_is_the_maps_unless_one_is_given(sent):
    show_pooling("pool", VALUES, 2, alt="Pooling.")
    assert sent["limit"] == abs(VALUES).max()
    show_pooling("pool", VALUES, 2, limit=8.0, alt="Pooling.")
    assert sent["limit"] == 8.0
    assert "8" in sent["bar"]


def test_a_diverged_map_can_be_sent(sent):
    show_pooling("pool", np.full((4, 4), np.nan, np.float32), 2, alt="Diverged.")
    assert sent["kinds"]["max"]["share"]["details"] == "Exactly 25.0% of the values."


@pytest.mark.parametrize(
    ("values", "size", "outputs", "limit", "said"),
    [
        (VALUES[None], 2, None, None, r"must be \(H, W\), not \(1, 7, 9\)"),
        (VALUES, 8, None, None, "Pool 8×8 does not fit the 7×9 map: lower 'Pool size'"),
        (VALUES, 2, {"max": VALUES}, None, r"must be \(3, 4\), not \(7, 9\)"),
        (VALUES, 2, None, 0.0, "must be a positive number, not 0.0"),
    ],
)
def test_what_cannot_be_shown_is_refused_before_anything_is_sent(sent, values, size, outputs, limit, said):
    with pytest.raises(ValueError, match=said):
        show_pooling("pool", values, size, outputs=outputs, limit=limit, alt="SettingsRefused.")
    assert sent == {}
