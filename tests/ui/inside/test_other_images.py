"""The page Inside, and images on the other pages, on small real runs of data sets of other kinds."""

from collections.abc import Iterator

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.spec import ComparisonSpec, ConvBlock, ConvNetSpec, DataSpec, DenseSpec, TrainingSpec
from cnnlab.ui.components import cards, drawing_pad, live_network
from cnnlab.ui.inside import step_by_step
from cnnlab.ui.inside.sections import Section
from cnnlab.worker import train
from tests.dashboard import answer_here, opened, run
from tests.own_datasets import AWKWARD_NAMES, own_dataset

KINDS = {
    "in colour, not square": {"shape": (20, 30, 3), "names": AWKWARD_NAMES},
    "tiny, two classes": {"shape": (8, 8, 1), "classes": 2},
    "large": {"shape": (150, 150, 3), "train": 12, "test": 6},
    "a hundred classes": {"shape": (8, 10, 3), "classes": 100, "train": 300, "test": 100},
}
COLOURED = "in colour, not square"


def comparison_of(dataset: str, images: int) -> ComparisonSpec:
    return ComparisonSpec(
        data=DataSpec(dataset=dataset, source="full", images=images),
        model=ConvNetSpec(blocks=(ConvBlock(filters=4),), dense_units=8),
        baseline=DenseSpec(units=9),
        training=TrainingSpec(epochs=1, batch_size=8),
    )


@pytest.fixture(scope="module", params=KINDS)
def kind(request) -> Iterator[str]:
    """A trained comparison of each kind, named like the kind."""
    options = dict(KINDS[request.param])
    with own_dataset(
        "Some *pictures*", **options | {"classes": len(options.get("names", ())) or options.get("classes", 3)}
    ) as dataset:
        for role, spec in comparison_of(dataset, options.get("train", 60)).runs().items():
            train.train(runs.create(role, request.param, spec))
        yield request.param


@pytest.fixture(autouse=True)
def answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions are answered, in this process."""
    answer_here(monkeypatch)


def choose(app: AppTest, key: str, value: object) -> None:
    app.button_group(key=key).set_value(value)
    run(app)


def texts(app: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "warning", "error")
    return "\n".join(str(element.value) for kind in kinds for element in app.main.get(kind))


def in_colour(kind: str) -> bool:
    return KINDS[kind]["shape"][2] == 3


def test_every_section_shows_something_and_nothing_goes_wrong(kind, monkeypatch):
    drawn = {}
    monkeypatch.setattr(cards, "render", lambda key, shown, *args, **options: drawn.update({key: shown}))
    steppers = []
    monkeypatch.setattr(
        step_by_step, "show_convolution", lambda key, *args, **options: steppers.append(options)
    )
    app = opened("inside", comparison=kind)
    for section in Section:
        choose(app, "section", section)
        assert not app.main.error, section
        shown = texts(app)
        match section:
            case Section.FILTERS:
                assert len(drawn["wall_conv_1"]) == 4
                assert ("Middle grey is 0" in shown) == in_colour(kind)
            case Section.CONVOLUTION:
                assert len(steppers[-1]["channels"]) == (3 if in_colour(kind) else 0)
            case Section.BY_HAND:
                assert steppers[-1]["input_title"].endswith(", in grey") == in_colour(kind)
            case Section.WHY:
                assert ("a sum over red, green and blue" in shown) == in_colour(kind)
    assert drawn["maps_model_conv_1"]


def test_weights_for_colours_are_shown_in_colour_or_channel_by_channel(kind):
    app = opened("inside", comparison=kind)
    choose(app, "section", Section.WEIGHTS)
    if not in_colour(kind):
        assert "4 filters of 3×3 weights" in texts(app) and "one weight for every pixel" in texts(app)
        return
    assert "4 filters of 3×3 weights for each of red, green and blue" in texts(app)
    assert "9 units, for every pixel a weight for each of red, green and blue" in texts(app)
    choose(app, "kernel_view", "Channel by channel")
    assert "Rows: filters 1 to 4; columns: red, green and blue" in texts(app)
    assert "Rows: units 1 to 8; columns: red, green and blue" in texts(app)
    choose(app, "section", Section.FILTERS)
    shown = texts(app)
    assert "Middle grey is 0" not in shown and "red, green and blue, from left to right" in shown


def test_a_drawing_becomes_an_image_of_that_shape_and_what_it_lacks_is_said(kind, monkeypatch):
    canvas = np.zeros((140, 140), np.float32)
    canvas[40:100, 60:80] = 1
    monkeypatch.setattr(drawing_pad, "drawing", lambda *arguments: canvas)
    app = opened("inside", comparison=kind)
    choose(app, "image_source", "Draw")
    shown, (height, width, _) = texts(app), KINDS[kind]["shape"]
    assert r"The images of Some \*pictures\* are not bright on black" in shown
    assert ("red, green and blue of the image are equal" in shown) == in_colour(kind)
    assert (f"the image of {width}×{height} pixels stays black" in shown) == (height != width)
    assert "**CNN 4:**" in shown and not [each for each in app.toggle if each.key == "centred"]


@pytest.mark.parametrize("kind", [COLOURED], indirect=True)
def test_names_of_classes_appear_as_they_were_typed(kind):
    app = opened("inside", comparison=kind)
    shown = texts(app)
    assert r"\*\*Ünïcorn\*\* \$1\$ \<b\>" in shown and "**Ünïcorn**" not in shown


def test_the_lab_draws_the_networks_of_these_images(kind, monkeypatch):
    drawn = []
    monkeypatch.setattr(live_network, "render", lambda *arguments: drawn.append(arguments))
    app = opened(comparison=kind, dataset=runs.members(kind)["model"].spec.data.dataset, blocks=1, filters=4)
    assert not app.main.error, [each.value for each in app.main.error]
    strip = drawn[-1][3]
    assert 2 <= len(strip) <= 10 and all(thumbnail.src for thumbnail in strip)


def test_the_pages_compare_and_learn_show_these_runs(kind):
    ids = ",".join(run.run_id for run in runs.members(kind).values())
    app = opened("compare", runs=ids)
    for section in ("Side by side", "Where they differ", "Robustness", "Export"):
        choose(app, "compare_section", section)
        assert not app.main.error, section
    opened("learn", lesson="figure", comparison=kind)
