"""The lab on real small runs, whose workers' answers are computed here."""

import dataclasses

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.data.centring import Framing
from cnnlab.data.drawing import fit_drawing
from cnnlab.data.registry import load
from cnnlab.robustness.disturbances import shifted
from cnnlab.runs.recorder import Recorder
from cnnlab.spec import PRESETS, ComparisonSpec, RunSpec
from cnnlab.trainer.status import TrainerStatus
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.components import drawing_pad
from cnnlab.ui.components.live_network import Place
from cnnlab.ui.components.live_network import opened as opened_place
from cnnlab.ui.lab import evidence, network
from cnnlab.ui.sidebar import changes
from cnnlab.views.tables.results import NEEDED
from cnnlab.worker import answers, measure, train
from tests.dashboard import answer_here, opened, press, run

SMALL = PRESETS["small"].with_setting("data.images", 300).with_setting("training.epochs", 2)


@pytest.fixture(scope="module")
def members() -> dict[str, runs.Run]:
    for role, spec in SMALL.runs().items():
        train.train(runs.create(role, "in the lab", spec))
    return runs.members("in the lab")


@pytest.fixture(autouse=True)
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer(), "status", lambda: TrainerStatus("ready", ("CPU", "CPU")))
    monkeypatch.setattr(trainer().questions, "live_view", lambda run_id, image: None)
    answer_here(monkeypatch)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list:
    """What the component was last given."""
    given: list = []
    monkeypatch.setattr(network.live_network, "render", lambda *arguments: given.append(arguments))
    return given


def lab(spec: ComparisonSpec) -> AppTest:
    """The live networks of a comparison, where the runs of the tests are the newest."""
    app = AppTest.from_function(_lab, default_timeout=30)
    app.session_state["spec"] = spec
    return run(app)


def _lab() -> None:
    import streamlit as st

    from cnnlab import runs
    from cnnlab.ui.lab import network

    members = runs.members("in the lab")
    network.render(network.subjects(st.session_state["spec"], members, st.session_state.get("epochs", {})))


def states(drawn: list) -> list[str]:
    return [picture.state for picture in drawn[-1][1]]


def test_other_settings_are_shown_untrained_with_the_weights_that_a_training_would_begin_with(members, drawn):
    other = SMALL.with_setting("model.blocks.0.filters", 5)
    lab(other)
    assert states(drawn) == ["untrained", "untrained"]
    spec = other.runs()["model"]
    chosen = np.flatnonzero(load("fashion-mnist", "sample").y_test == 0)[0]
    image = load("fashion-mnist", "sample").x_test[chosen].astype(np.float32) / 255
    view = answers.untrained_view(spec.model, "fashion-mnist", spec.training.seed, image)
    shares = [bar.share for bar in drawn[-1][1][0].bars]
    np.testing.assert_allclose(shares, view.outputs["output"], rtol=1e-5)


def test_the_settings_of_a_training_are_shown_after_its_last_epoch_or_the_chosen_one(members, drawn):
    lab(SMALL)
    assert states(drawn) == ["after epoch 2", "after epoch 2"]
    app = AppTest.from_function(_lab, default_timeout=30)
    app.session_state["spec"], app.session_state["epochs"] = SMALL, {"model": 1, "baseline": 0}
    run(app)
    assert states(drawn) == ["after epoch 1", "untrained"]


def test_another_seed_is_another_network_and_another_rate_is_not(members):
    for path, value, same in (
        ("training.seed", 5, False),
        ("training.learning_rate", 0.5, True),
        ("training.epochs", 9, True),
        ("data.images", 200, False),
        ("baseline.units", 9, False),
    ):
        assert network.trained_so(SMALL.with_setting(path, value), members) == same, path
    assert not network.trained_so(SMALL, {})


def test_each_setting_that_has_moved_on_is_named(members):
    assert changes.differences(SMALL, members) == []
    moved = (
        SMALL.with_setting("model.blocks.0.filters", 4)
        .with_setting("training.learning_rate", 0.5)
        .with_setting("baseline.units", 64)
    )
    assert changes.differences(moved, members) == [
        "filters of block 1 8 → 4",
        "learning rate 0.001 → 0.5",
        "baseline: dense units 32 → 64",
    ]


def test_restore_takes_the_sidebar_back(members):
    app = opened()
    assert any("Settings changed since this run" in each.value for each in app.main.caption)
    press(app, "restore_settings")
    assert app.session_state["cnnlab"].comparison == SMALL
    assert not [each for each in app.main.button if each.key == "restore_settings"]


def test_the_shift_sentence_is_that_of_the_first_test_images(members):
    right = measure.correct_at_quoted_strength(members["model"].run_id, 2, "shift", 50)
    assert right.shape == (25, 50)
    data = load("fashion-mnist", "sample")
    images, labels = data.x_test[:50].astype(np.float32) / 255, data.y_test[:50]
    network = answers.network(members["model"].run_id, 2)
    for moved in ((3, 3), (-3, 1)):
        place = _levels().index(moved)
        expected = np.array(network(shifted(images, moved))).argmax(axis=1) == labels
        np.testing.assert_array_equal(right[place], expected)
    app = AppTest.from_function(_shift, default_timeout=60)
    text = " ".join(each.value for each in run(app).markdown)
    assert "Shifted by 3 pixels (mean of 24 directions):" in text
    assert f"Both were tested on the same {evidence.IMAGES} images" in text


def _levels() -> list:
    from cnnlab.robustness.experiments import EXPERIMENTS, at_quoted_strength

    return list(at_quoted_strength(EXPERIMENTS["shift"]).levels)


def _shift() -> None:
    from cnnlab import runs
    from cnnlab.ui.lab import evidence

    evidence.render_shift(runs.members("in the lab"))


@pytest.mark.parametrize(
    "sent",
    [
        None,
        3,
        "x",
        {},
        {"network": "0", "layer": "conv_1", "number": 1},
        {"network": 0, "layer": 1, "number": 1},
    ],
)
def test_what_a_browser_sends_that_is_no_map_opens_nothing(sent):
    assert opened_place(sent) is None


def test_a_click_on_a_map_opens_the_page_that_explains_it(members, monkeypatch):
    switched = []
    monkeypatch.setattr(network.st, "switch_page", lambda page, query_params: switched.append(query_params))
    place = opened_place({"network": 0, "layer": "conv_2", "number": 7})
    assert place == Place(0, "conv_2", 7)
    state = {network.IMAGE: 3}
    monkeypatch.setattr(network.st, "session_state", state)
    network._look_inside(network.Subject(members["model"].spec, members["model"], 1), place)
    assert switched == [{"comparison": "in the lab"}]
    assert state["section"] == "Convolution"
    assert (state["block_looked_at"], state["explained_filter_2"], state["epoch"]) == (2, 7, 1)


def finished(spec: RunSpec, role: str = "model", tested: bool = True) -> str:
    """A run that has ended without stored weights."""
    run_id = runs.create(role, "odd", spec)
    runs.start(run_id, "CPU")
    recorder = Recorder(run_id, 1)
    if tested:
        needed = dict.fromkeys(NEEDED, 1.0)
        recorder.log_metrics(3, needed | {"val_loss": 0.3})
    recorder.close()
    runs.end(run_id, "finished" if tested else "failed")
    return run_id


MODEL, BASELINE = SMALL.runs()["model"], SMALL.runs()["baseline"]
UNKNOWN = MODEL.model_copy(update={"data": MODEL.data.model_copy(update={"dataset": "pets"})})
ODD = {
    "of unknown data": [("model", UNKNOWN, True)],
    "both of unknown data": [("model", UNKNOWN, True), ("baseline", UNKNOWN, True)],
    "a dense network as the model": [("model", BASELINE, True)],
    "a model alone": [("model", MODEL, True)],
    "never tested": [("model", MODEL, False), ("baseline", BASELINE, False)],
}


@pytest.mark.parametrize("kind", ODD)
def test_the_newest_run_may_be_an_odd_one(kind):
    run_ids = [finished(spec, role, tested) for role, spec, tested in ODD[kind]]
    try:
        app = opened()
        assert not app.main.error and not app.main.warning
        unknown = [each.value for each in app.main.info if "'pets' is not known here" in each.value]
        assert len(unknown) == ("unknown" in kind)
        assert not app.button(key="train").disabled
    finally:
        runs.delete(run_ids)


def test_a_pinned_run_of_other_images_is_not_shown_this_image(members):
    other = members["baseline"]
    data = other.spec.data.model_copy(update={"dataset": "mnist"})
    pinned = dataclasses.replace(
        other, comparison="another", spec=other.spec.model_copy(update={"data": data})
    )
    drawn = network.subjects(SMALL, {"model": members["model"], "baseline": pinned}, {})
    assert drawn["model"].run is members["model"] and drawn["baseline"].run is None


def test_other_test_images_come_by_a_button_one_of_each_class(drawn):
    app = opened("lab", images=300)
    labels = load("fashion-mnist", "sample").y_test
    for turn in (0, 1):
        strip = drawn[-1][3]
        numbers = [np.flatnonzero(labels == label)[turn] + 1 for label in range(10)]
        assert [each.label.partition(":")[0] for each in strip] == [f"Test image {n:,}" for n in numbers]
        press(app, "other_images")


def test_a_drawing_is_guessed_by_both_networks_until_a_test_image_is_chosen(drawn, monkeypatch):
    canvas = np.zeros((140, 140), np.float32)
    monkeypatch.setattr(drawing_pad, "drawing", lambda *arguments: canvas)
    asked = []
    view = network.live_views.untrained
    monkeypatch.setattr(
        network.live_views, "untrained", lambda spec, image: asked.append(image) or view(spec, image)
    )
    app = opened("lab", images=301, filters=4)
    app.button_group(key="own_image").set_value("Draw")
    run(app)
    assert any("Nothing is drawn yet" in info.value for info in app.main.info)
    assert drawn[-1][4] == 0, "the test image stays"
    canvas[40:100, 60:80] = 1
    run(app)
    assert (drawn[-1][2].label, drawn[-1][4]) == ("Your drawing", -1)
    np.testing.assert_array_equal(asked[-1], fit_drawing(canvas, (28, 28, 1), Framing(28, by_mass=False)))
    assert all(not any(bar.true for bar in picture.bars) for picture in drawn[-1][1])
    press(app, "other_images")
    assert drawn[-1][4] == 0 and drawn[-1][2].label.startswith("Test image")
