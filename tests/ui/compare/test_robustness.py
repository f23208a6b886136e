"""The section on robustness, on real small runs; what a worker would measure is measured here."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import tests.dashboard  # noqa: F401  keeps Streamlit from clearing Keras's session after each script
from cnnlab import runs
from cnnlab.errors import DatasetUnavailable, TrainerUnavailable
from cnnlab.robustness import results
from cnnlab.robustness.experiments import EXPERIMENTS
from cnnlab.runs import Run
from cnnlab.spec import PRESETS, ComparisonSpec
from cnnlab.trainer import measurements
from cnnlab.trainer.measurements import Progress
from cnnlab.trainer.status import TrainerStatus
from cnnlab.ui.cached import test_images
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.components import plot
from cnnlab.worker import measure, train

SMALL = PRESETS["small"].with_setting("data.images", 300).with_setting("training.epochs", 1)


def trained(spec: ComparisonSpec = SMALL) -> list[str]:
    """The ids of a new CNN and its baseline."""
    run_ids = [runs.create(role, "disturbed", each) for role, each in spec.runs().items()]
    for run_id in run_ids:
        train.train(run_id)
    return run_ids


@pytest.fixture(scope="module")
def measured() -> list[str]:
    """A CNN and its baseline that were shifted and blurred."""
    run_ids = trained()
    for run_id in run_ids:
        for experiment in ("shift", "blur"):
            measure.measure(run_id, experiment)
    return run_ids


@pytest.fixture(scope="module")
def untouched() -> list[str]:
    """Two networks that were never measured."""
    return trained()


@pytest.fixture(autouse=True)
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer(), "status", lambda: TrainerStatus("ready", ("CPU", "CPU")))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], list[str]]]:
    """What was asked to be measured; nothing is."""
    calls: list[tuple[list[str], list[str]]] = []
    monkeypatch.setattr(trainer().measurements, "measure", lambda *arguments: calls.append(arguments))
    return calls


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[dict, str]]:
    """Key → the figure that was drawn with it, and its text alternative."""
    figures: dict[str, tuple[dict, str]] = {}

    def show(figure: dict, key: str, revision: str, alt: str, tools: bool, on_click: None) -> None:
        figures[key] = figure, alt

    monkeypatch.setattr(plot, "render", show)
    return figures


def page(run_ids: list[str]) -> None:
    from cnnlab import runs
    from cnnlab.comparison.candidates import candidates
    from cnnlab.ui.compare import robustness

    compared = candidates([runs.get(run_id) for run_id in run_ids])
    robustness.render(compared, compared[-1])


def opened(run_ids: list[str], *experiments: str) -> AppTest:
    app = AppTest.from_function(page, args=(run_ids,), default_timeout=30)
    app.run()
    if experiments:
        app.button_group(key="robustness_experiments").set_value(list(experiments))
        app.run()
    assert not app.exception, app.exception
    return app


def texts(app: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "warning", "error")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))


def test_shifts_come_first_and_are_told_in_a_sentence_and_maps(measured, drawn):
    app = opened(measured)
    cnn, dense = (results.stored(runs.get(run_id), "shift").right for run_id in measured)
    ring = [max(abs(dx), abs(dy)) == 3 for dx, dy in EXPERIMENTS["shift"].levels]
    assert f"**CNN 8-16 keeps {cnn[ring].mean():.1%}" in texts(app)
    assert f" and Dense 32 keeps {dense[ring].mean():.1%}" in texts(app)
    assert set(drawn) == {
        f"map_{measured[0]}",
        f"map_{measured[1]}",
        f"difference_{measured[0]}_{measured[1]}",
    }
    figure, alt = drawn[f"map_{measured[0]}"]
    np.testing.assert_allclose(np.ravel(figure["data"][0]["z"]), cnn.mean(axis=1) * 100, atol=0.01)
    assert alt.startswith(f"Accuracy of CNN 8-16 by shift: {100 * cnn[40].mean():.1f} unshifted")


def test_other_disturbances_are_curves_of_both_networks(measured, drawn):
    opened(measured, "blur")
    [(key, (figure, alt))] = [(key, each) for key, each in drawn.items() if key.startswith("robustness")]
    assert key == "robustness_blur"
    assert [curve["name"] for curve in figure["data"]] == ["CNN 8-16", "Dense 32"]
    assert alt.startswith("Accuracy by standard deviation in pixels, original to 3 px: CNN 8-16 from ")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_disturbance_shows_what_it_does_to_an_image(untouched, name):
    app = opened(untouched, name)
    shown = [image for gallery in app.get("image") for image in gallery.proto.imgs]
    assert len(shown) == (9 if name == "shift" else len(EXPERIMENTS[name].levels))
    assert [image.caption for image in shown].count("original") == 1
    assert all("image" in image.alt for image in shown)


def test_measure_asks_for_all_that_is_chosen_of_all_networks(untouched, asked):
    app = opened(untouched, "noise", "zoom")
    assert "Not measured yet." in texts(app)
    app.button(key="measure").click().run()
    assert asked == [(untouched, ["noise", "zoom"])]


def test_what_has_been_measured_cannot_be_measured_again(measured):
    app = opened(measured, "shift", "blur")
    assert app.button(key="measure").disabled and app.button(key="cancel_measuring").disabled
    assert "Everything chosen has been measured" in texts(app)
    assert not opened(measured, "shift", "noise").button(key="measure").disabled


def test_without_a_trainer_stored_results_are_shown_and_the_reason_is_told(measured, monkeypatch, drawn):
    monkeypatch.setattr(trainer(), "status", lambda: TrainerStatus("warming up"))
    app = opened(measured, "blur", "zoom")
    assert app.button(key="measure").disabled
    assert "Measuring can start as soon as the trainer is ready" in texts(app)
    assert "robustness_blur" in drawn and "**CNN 8-16 keeps" in texts(app)


def test_a_trainer_that_is_gone_when_measure_is_pressed_is_told(untouched, monkeypatch):
    def nobody(*arguments: object) -> None:
        raise TrainerUnavailable("There is no trainer.")

    monkeypatch.setattr(trainer().measurements, "measure", nobody)
    app = opened(untouched)
    app.button(key="measure").click().run()
    assert [toast.value for toast in app.toast] == ["There is no trainer."]


def test_what_is_under_way_has_its_progress_and_can_be_cancelled(untouched, monkeypatch):
    cancelled: list[list[str]] = []
    first, second = untouched
    going = {(first, "shift"): Progress(20, 81), (second, "shift"): Progress(0, 81)}
    monkeypatch.setattr(trainer().measurements, "under_way", lambda run_ids: {} if cancelled else going)
    monkeypatch.setattr(trainer().measurements, "cancel", lambda run_ids: cancelled.append(run_ids))
    app = opened(untouched)
    [bar] = app.get("progress")
    assert bar.proto.value == 12  # 20 of 162 levels
    assert bar.proto.text == "Measuring: Shift of CNN 8-16 20 of 81; 1 waiting"
    assert app.button(key="measure").disabled
    app.button(key="cancel_measuring").click().run()
    assert cancelled == [untouched]
    assert not app.get("progress") and app.button(key="cancel_measuring").disabled


def test_a_measurement_that_failed_says_why(untouched, monkeypatch):
    monkeypatch.setattr(
        trainer().measurements, "failures", lambda run_ids: {(untouched[0], "zoom"): measurements.WORKER_DIED}
    )
    assert f"Zoom, CNN 8-16: {measurements.WORKER_DIED}" in texts(opened(untouched))


def test_a_network_that_is_not_measured_yet_is_named_beside_the_others(measured, untouched, drawn):
    app = opened([measured[0], untouched[0], measured[1]], "blur")
    assert r"Not measured yet: CNN 8-16 (2)." in texts(app)
    figure, _ = drawn["robustness_blur"]
    assert [curve["name"] for curve in figure["data"]] == ["CNN 8-16 (1)", "Dense 32"]


def test_without_any_disturbance_the_section_asks_for_one(untouched):
    app = opened(untouched)
    app.button_group(key="robustness_experiments").set_value([]).run()
    assert "Choose at least one disturbance." in texts(app)


def test_networks_of_shuffled_pixels_are_named(untouched, monkeypatch):
    def shuffled(run_id: str) -> Run:
        run = get(run_id)
        data = run.spec.data.model_copy(update={"shuffled_pixels": run_id == untouched[0]})
        return Run(**vars(run) | {"spec": run.spec.model_copy(update={"data": data})})

    get = runs.get
    monkeypatch.setattr(runs, "get", shuffled)
    assert "The pixels of the images are shuffled for CNN 8-16:" in texts(opened(untouched))


def test_test_images_that_are_not_at_hand_cost_the_examples_only(measured, monkeypatch, drawn):
    def gone(run: Run) -> None:
        raise DatasetUnavailable("The full Fashion-MNIST is not on this machine.")

    monkeypatch.setattr(test_images, "pictures", gone)
    app = opened(measured, "blur")
    assert "not on this machine" in texts(app) and "robustness_blur" in drawn
