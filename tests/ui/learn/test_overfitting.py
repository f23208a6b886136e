"""Overfitting, seen: on a real, small training that overfits, whose answers are computed here."""

import dataclasses

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.data.registry import load
from cnnlab.data.split import split, steps_per_epoch
from cnnlab.errors import TrainerUnavailable
from cnnlab.evidence.overfitting import decompose
from cnnlab.runs import artifacts
from cnnlab.runs.recorder import Recorder
from cnnlab.spec import PRESETS, RunSpec
from cnnlab.ui.cached import validation_images
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.learn import overfitting
from cnnlab.worker import answers, train
from tests.dashboard import answer_here, run

OVERFITS = (
    PRESETS["small"]
    .with_setting("data.images", 100)
    .with_setting("data.validation_fraction", 0.4)
    .with_setting("training.learning_rate", 0.01)
    .with_setting("training.batch_size", 16)
    .with_setting("training.epochs", 12)
)


@pytest.fixture(scope="module")
def members() -> dict[str, runs.Run]:
    for role, spec in OVERFITS.runs().items():
        train.train(runs.create(role, "overfits", spec))
    return runs.members("overfits")


@pytest.fixture(autouse=True)
def answered(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_here(monkeypatch)
    st.cache_data.clear()


def seen(members: dict[str, runs.Run]) -> AppTest:
    return run(AppTest.from_function(_page, default_timeout=60, args=(members,)))


def _page(members: dict) -> None:
    from cnnlab.ui.learn import overfitting

    overfitting.render(members)


def texts(app: AppTest) -> str:
    return "\n".join(
        str(each.value) for kind in ("markdown", "caption", "info", "warning") for each in app.get(kind)
    )


def turn_of(run: runs.Run) -> tuple[int, int]:
    """The epoch of the lowest logged loss, and the last."""
    losses = logged(run)[1:]
    return int(np.argmin(losses)) + 1, len(losses)


def logged(run: runs.Run) -> list[float]:
    """The validation loss of each epoch from 0 on."""
    curves = runs.curves([run.run_id])
    return curves[curves["metric"] == "val_loss"]["value"].tolist()


def test_the_pictures_and_labels_are_those_that_the_training_was_validated_on(members):
    model = members["model"]
    spec = model.spec
    data = split(load(spec.data.dataset, spec.data.source), spec.data, spec.training.seed)
    np.testing.assert_array_equal(validation_images.pictures(model), data.x_validation)
    np.testing.assert_array_equal(validation_images.labels(model), data.y_validation)


def test_pictures_of_a_run_with_shuffled_pixels_have_every_pixel_in_its_own_place(members):
    model = members["model"]
    data = model.spec.data.model_copy(update={"shuffled_pixels": True})
    shuffled = dataclasses.replace(model, spec=model.spec.model_copy(update={"data": data}))
    np.testing.assert_array_equal(validation_images.pictures(shuffled), validation_images.pictures(model))


@pytest.mark.parametrize("role", ["model", "baseline"])
def test_the_rise_from_the_turning_epoch_to_the_last_is_taken_apart(members, role):
    shown = members[role]
    lowest, last = turn_of(shown)
    assert lowest < last, "the training of this test must overfit"
    app = seen({role: shown})
    name = {"model": "CNN 8-16", "baseline": "Dense 32"}[role]
    rise = logged(shown)[last] - logged(shown)[lowest]
    first = app.markdown[0].value
    assert first.startswith(
        f"**From epoch {lowest} to epoch {last} the validation loss of {name} rose by {rise:.2f}: "
    )
    assert "Of 40 validation images, " in first
    assert "**Temperature scaling (T = " in texts(app)
    [figure] = app.get("bidi_component")
    assert name in figure.proto.json and not app.warning and not app.info


def test_up_to_eight_images_that_carry_the_rise_are_shown_with_both_answers(members):
    model = members["model"]
    app = seen({"model": model})
    lowest, last = turn_of(model)
    before, after = (answers.validation_probabilities(model.run_id, epoch) for epoch in (lowest, last))
    largest = decompose(before, after, validation_images.labels(model)).largest(8)
    shown = [each.value for each in app.markdown if f"  \nepoch {last}: " in each.value]
    assert len(shown) == len(largest) == len(app.get("image"))
    first, label = largest[0], validation_images.labels(model)[largest[0]]
    assert f"{before[first, label]:.1%} → {after[first, label]:.1%}  \nloss +" in shown[0]
    assert f"{before[first].max():.1%}  \nepoch {last}: " in shown[0]
    assert shown[0].endswith(f"{after[first].max():.1%}")


def test_the_other_network_can_be_chosen(members):
    app = seen(members)
    assert "the validation loss of CNN 8-16" in app.markdown[0].value
    app.button_group(key=overfitting.CHOSEN).set_value("baseline")
    assert "the validation loss of Dense 32" in run(app).markdown[0].value


def test_where_nothing_is_trained_the_way_to_the_lab_is_shown(monkeypatch):
    links = []
    monkeypatch.setattr(st, "page_link", lambda page, **_: links.append(page))
    assert "Nothing has been trained yet" in texts(seen({}))
    assert links == ["../../pages/lab.py"]


def stored(losses: dict[int, float], weights: tuple[int, ...] = (), spec: RunSpec | None = None) -> runs.Run:
    """An ended run with these validation losses, and weights that nobody asks for."""
    run_id = runs.create("model", "made up", spec or OVERFITS.runs()["model"])
    runs.start(run_id, "CPU")
    recorder = Recorder(run_id, 3)
    for epoch, loss in losses.items():
        recorder.log_metrics(epoch * steps_per_epoch(OVERFITS.runs()["model"]), {"val_loss": loss})
    recorder.close()
    if weights:
        artifacts.save_weights(run_id, {epoch: [np.zeros(1)] for epoch in weights})
    runs.end(run_id, "finished")
    return runs.get(run_id)


UNKNOWN = OVERFITS.runs()["model"].model_copy(
    update={"data": OVERFITS.data.model_copy(update={"dataset": "pets"})}
)


@pytest.mark.parametrize(
    "losses, weights, spec, says",
    [
        (
            {1: 0.9, 2: 0.7},
            (0, 1, 2),
            None,
            "of CNN 8-16 was lowest at its last epoch: nothing",
        ),
        ({1: 0.7, 2: 0.9}, (), None, "The weights of CNN 8-16 were not stored: train it once more"),
        ({1: 0.7, 2: 0.9}, (0, 1), None, "fewer than two epochs whose loss and weights are stored"),
        ({}, (0,), None, "The weights of CNN 8-16 were not stored"),
        ({1: 0.7, 2: 0.9}, (0, 1, 2), UNKNOWN, "The data set 'pets' is not known here"),
    ],
)
def test_where_there_is_nothing_to_take_apart_a_sentence_says_why(losses, weights, spec, says):
    app = seen({"model": stored(losses, weights, spec)})
    assert says in texts(app) and not app.get("bidi_component")


def test_an_epoch_without_stored_weights_is_passed_over(monkeypatch):
    asked = []

    def probabilities(question, run_id, epoch):
        asked.append(epoch)
        return np.full((40, 10), 0.1, np.float32)

    monkeypatch.setattr(trainer().questions, "ask", probabilities)
    seen({"model": stored({1: 0.8, 2: 0.5, 3: 0.9, 4: 1.1}, (0, 1, 3))})
    assert asked == [1, 3]


def test_where_the_trainer_is_not_ready_its_sentence_is_shown(members, monkeypatch):
    def refuse(*_):
        raise TrainerUnavailable("The trainer is starting.")

    monkeypatch.setattr(trainer().questions, "ask", refuse)
    assert [each.value for each in seen(members).warning] == ["The trainer is starting."]
