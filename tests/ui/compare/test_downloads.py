"""Everything that can be taken away of two real, small runs, made as the page makes it."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.errors import CannotConvert, RunNotFound, TrainerUnavailable
from cnnlab.export import script
from cnnlab.spec import PRESETS
from cnnlab.ui.cached.trainer import trainer
from cnnlab.worker import train
from tests.dashboard import answer_here, press, run

SMALL = PRESETS["small"].with_setting("data.images", 100).with_setting("training.epochs", 1)


@pytest.fixture(scope="module")
def members() -> dict[str, runs.Run]:
    for role, spec in SMALL.runs().items():
        train.train(runs.create(role, "taken away", spec))
    return runs.members("taken away")


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], Any]]:
    """File name → what makes the file, of the last run of the page."""
    found: dict[str, Callable[[], Any]] = {}

    def button(label: str, data: Callable[[], Any], file_name: str, mime: str, **_: Any) -> None:
        found[file_name] = data

    monkeypatch.setattr(st, "download_button", button)
    return found


@pytest.fixture(autouse=True)
def answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions are answered, in this process."""
    answer_here(monkeypatch)


def page() -> None:
    import plotly.graph_objects as go
    import streamlit as st

    from cnnlab import runs
    from cnnlab.comparison.candidates import candidates
    from cnnlab.comparison.section import Figure, Section
    from cnnlab.errors import RunNotFound
    from cnnlab.evidence.finding import Finding
    from cnnlab.ui.compare import downloads
    from cnnlab.views.figures.style import styled_figure

    compared = candidates(list(runs.members("taken away").values()))

    def sections() -> list[Section]:
        st.session_state["asked"] = st.session_state.get("asked", 0) + 1
        if st.session_state.get("missing"):
            raise RunNotFound("The predictions are gone.")
        figure = styled_figure([go.Scatter(y=[1, 2])], 300)
        return [
            Section(
                "Curves", (Finding(("CNN",), "Found"),), figures=(Figure("Loss", figure, "what it shows"),)
            )
        ]

    downloads.render(compared, compared[-1], sections)


@pytest.fixture
def app(members, offered) -> AppTest:
    return run(AppTest.from_function(page, default_timeout=30))


def warnings(app: AppTest) -> list[str]:
    return [warning.value for warning in app.warning]


def test_each_run_is_offered_as_source_network_and_tables(app, members, offered):
    for role in ("model", "baseline"):
        offered.clear()
        chosen = members[role]
        app.selectbox(key="taken_run").set_value(chosen.run_id)
        run(app)
        stem = script.file_name(chosen, "")
        endings = {".py", ".ipynb", ".zip", ".keras", "_curves.csv", "_curves.parquet", "_layers.csv"}
        assert {name.removeprefix(stem) for name in offered if name.startswith(stem)} == endings
        assert offered[f"{stem}.py"]() == script.script(chosen)
        assert offered[f"{stem}.ipynb"]() == script.notebook(chosen)
        assert zipfile.ZipFile(io.BytesIO(offered[f"{stem}.zip"]())).testzip() is None
        assert offered[f"{stem}.keras"]() == runs.model_content(chosen.run_id)
        curves = pd.read_parquet(io.BytesIO(offered[f"{stem}_curves.parquet"]()))
        assert set(curves["run_id"]) == {chosen.run_id}
        layers = pd.read_csv(io.BytesIO(offered[f"{stem}_layers.csv"]()))
        assert layers["params"].sum() == chosen.metrics["params"]


def test_the_comparison_is_offered_as_tables_of_all_its_runs(app, members, offered):
    ids = [each.run_id for each in members.values()]
    assert pd.read_csv(io.BytesIO(offered["comparison_results.csv"]()))["run_id"].tolist() == ids
    for name in ("comparison_results.parquet", "comparison_curves.parquet"):
        assert list(pd.read_parquet(io.BytesIO(offered[name]()))["run_id"].unique()) == ids
    assert set(pd.read_csv(io.BytesIO(offered["comparison_curves.csv"]()))["run_id"]) == set(ids)


def test_the_network_is_converted_when_asked_and_answers_as_before(app, members, offered):
    import tensorflow as tf

    from cnnlab.ui.cached import test_images

    name = script.file_name(members["model"], ".tflite")
    assert name not in offered
    press(app, "convert")
    interpreter = tf.lite.Interpreter(model_content=offered[name]())
    images = test_images.images(members["model"])[:5]
    [given], [answer] = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.resize_tensor_input(given["index"], images.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], images)
    interpreter.invoke()
    stored = runs.predictions(members["model"].run_id)["probabilities"][:5]
    np.testing.assert_allclose(interpreter.get_tensor(answer["index"]), stored, atol=1e-5)


@pytest.mark.parametrize(
    "error", [CannotConvert("SettingsRefused."), TrainerUnavailable("Nobody."), RunNotFound("Gone.")]
)
def test_a_network_that_cannot_be_converted_is_answered_with_the_reason(app, offered, monkeypatch, error):
    def refuse(*_):
        raise error

    monkeypatch.setattr(trainer().questions, "ask", refuse)
    st.cache_data.clear()
    press(app, "convert")
    assert warnings(app) == [str(error)]
    assert not any(name.endswith(".tflite") for name in offered)


def test_a_network_that_is_no_longer_stored_is_said_to_be_gone_and_the_rest_is_offered(
    app, members, offered, monkeypatch
):
    def gone(run_id: str):
        raise RunNotFound("The run has no 'model.keras'.")

    monkeypatch.setattr(runs, "require_model", gone)
    offered.clear()
    run(app)
    assert warnings(app) == ["The run has no 'model.keras'."]
    assert script.file_name(members["model"], ".py") in offered
    assert script.file_name(members["model"], ".keras") not in offered


def test_the_report_is_prepared_once_and_only_when_asked(app, members, offered):
    assert "asked" not in app.session_state and "comparison_report.html" not in offered
    press(app, "prepare_report")
    run(app)
    assert app.session_state["asked"] == 1
    text = offered["comparison_report.html"]()
    assert "<strong>Found</strong>." in text
    assert "<title>CNN 8-16 against Dense 32</title>" in text


def test_each_figure_of_the_report_can_be_saved_as_a_picture(app):
    assert app.get("bidi_component") == []
    press(app, "prepare_report")
    [figure] = app.get("bidi_component")
    data = json.loads(figure.proto.json)
    assert (data["title"], data["filename"], data["alt"]) == ("Curves: Loss", "curves-loss", "what it shows")
    assert data["figure"]["data"] == [{"type": "scatter", "y": [1, 2]}]
    assert data["figure"]["layout"]["height"] == 300


def test_what_is_missing_for_the_report_is_said(app, offered):
    app.session_state["missing"] = True
    press(app, "prepare_report")
    assert warnings(app) == ["The predictions are gone."]
    assert "comparison_report.html" not in offered
