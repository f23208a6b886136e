"""The page Compare, on stored runs; no worker is asked for anything."""

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.cli.train import summary
from cnnlab.comparison.candidates import candidates
from cnnlab.data.registry import load
from cnnlab.evidence.finding import text
from cnnlab.runs import artifacts
from cnnlab.runs.recorder import Recorder
from cnnlab.spec import PRESETS, ComparisonSpec
from cnnlab.ui.compare import report
from cnnlab.ui.plain_text import markdown, plain
from tests.dashboard import opened, run

SMALL = PRESETS["small"]
SECTIONS = ("Side by side", "Where they differ", "Robustness", "Export")

pytestmark = pytest.mark.usefixtures("nobody_is_asked")


def stored(role: str, spec: ComparisonSpec, share: float, comparison: str = "compared") -> str:
    """An ended run that gets this share of the test images right."""
    each = spec.runs()[role]
    run_id = runs.create(role, comparison, each)
    labels = load(each.data.dataset, each.data.source).y_test
    wrong = np.random.default_rng(len(role)).random(len(labels)) >= share
    answers = np.where(wrong, (labels + 1) % 10, labels)
    probabilities = np.full((len(labels), 10), 0.02, np.float32)
    probabilities[np.arange(len(labels)), answers] = 0.82
    runs.start(run_id, "CPU")
    recorder = Recorder(run_id, 1)
    recorder.log_metrics(0, {"loss": 2.3, "val_loss": 2.3, "val_accuracy": 0.1})
    results = {"test_accuracy": float((answers == labels).mean()), "test_loss": 0.5, "best_val_accuracy": 0.8}
    recorder.log_metrics(14, results | {"best_epoch": 1.0, "seconds": 2.0, "params": 1000.0, "macs": 2000.0})
    recorder.save_predictions(probabilities, labels)
    recorder.close()
    runs.end(run_id, "finished")
    return run_id


@pytest.fixture(scope="module")
def good() -> str:
    return stored("model", SMALL, 0.9)


@pytest.fixture(scope="module")
def poor() -> str:
    return stored("baseline", SMALL, 0.8)


@pytest.fixture(scope="module")
def other() -> str:
    return stored("model", SMALL.with_setting("data.dataset", "mnist"), 0.95, "of other data")


def texts(app: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "warning", "error")
    return "\n".join(str(element.value) for kind in kinds for element in app.main.get(kind))


def frames(app: AppTest) -> list:
    return [each.value for each in app.main.dataframe]


def turn_to(app: AppTest, section: str) -> AppTest:
    app.button_group(key="compare_section").set_value(section)
    return run(app)


def test_the_results_stand_beside_their_distance_to_the_baseline(good, poor):
    app = opened("compare", runs=f"{good},{poor}")
    results = frames(app)[0].set_index("Run")
    assert results.index.tolist() == ["CNN 8-16", "Dense 32"]
    assert results.loc["CNN 8-16", "Points"] == pytest.approx(10, abs=2.5)
    assert results.loc["Dense 32", "Points"] == 0
    app.selectbox(key="baseline_run").set_value(good)
    results = frames(run(app))[0].set_index("Run")
    assert results.loc["CNN 8-16", "Points"] == 0 and results.loc["Dense 32", "Points"] < 0


def test_only_settings_that_differ_are_in_view(good, poor):
    _, differing, of_some, alike, layers = frames(opened("compare", runs=f"{good},{poor}"))
    assert "Kind of network" in differing["Setting"].tolist()
    assert "Kernel size of every block" in of_some["Setting"].tolist()
    assert "Epochs" in alike["Setting"].tolist()
    assert not set(differing["Setting"]) & set(alike["Setting"])
    assert layers["Layer"].tolist()[-1] == "Total"


def test_the_verdict_is_about_the_runs_in_their_order(good, poor):
    claim = f"**{plain('CNN 8-16')} is better than Dense 32 by"
    app = opened("compare", runs=f"{good},{poor}")
    assert texts(app).count(claim) == 1, "above the sections"
    assert texts(turn_to(app, "Where they differ")).count(claim) == 1, "told once"


def test_every_network_has_its_verdict_against_the_baseline(good, poor):
    middle = stored("model", SMALL.with_setting("model.blocks.0.filters", 6), 0.85, "another")
    shown = texts(opened("compare", runs=f"{good},{middle},{poor}"))
    for name in ("CNN 8-16", "CNN 6-16"):
        assert f"**{plain(name)} is better than Dense 32 by" in shown


def test_a_difference_is_written_with_a_true_minus(good, poor):
    app = opened("compare", runs=f"{good},{poor}")
    app.selectbox(key="baseline_run").set_value(good)
    shown = run(app).main.dataframe[0].proto.arrow_data.styler.display_values
    assert "\N{MINUS SIGN}".encode() in shown


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_is_shown_without_a_trainer(good, poor, section):
    app = turn_to(opened("compare", runs=f"{good},{poor}"), section)
    assert not app.main.error


def test_a_run_of_other_data_is_named_and_held_against_nothing(good, poor, other):
    app = opened("compare", runs=f"{good},{poor},{other}")
    assert "Handwriting (MNIST)" in texts(app)
    results = frames(app)[0].set_index("Run")
    assert np.isnan(results["Points"].tolist()).tolist() == [False, False, True]
    assert f"{plain('CNN 8-16 (1)')} is better" in texts(turn_to(app, "Where they differ"))


def test_runs_that_share_nothing_are_told_what_to_choose(good, other):
    app = turn_to(opened("compare", runs=f"{good},{other}"), "Where they differ")
    assert "at least two runs with the same test images" in texts(app)


def test_a_run_that_is_not_stored_is_told_and_the_others_are_shown(good, poor):
    app = opened("compare", runs=f"{good},gone,{poor}")
    assert "There is no run 'gone' in the store." in texts(app)
    assert app.multiselect(key="compared_runs").value == [good, poor]


def test_fewer_than_two_runs_are_answered_with_what_to_do(good):
    assert "Choose 2 to 6 runs" in texts(opened("compare", runs=good))


def test_what_is_chosen_by_hand_stands_in_the_address(good, poor, other):
    app = opened("compare", runs=f"{good},{poor}")
    app.multiselect(key="compared_runs").set_value([good, other])
    run(app)
    assert app.query_params["runs"] == f"{good},{other}"
    assert app.multiselect(key="compared_runs").value == [good, other]


def test_the_report_says_what_the_page_says(good, poor):
    compared = candidates([runs.get(good), runs.get(poor)])
    sections = _within_a_session(compared)
    by_heading = {section.heading: section for section in sections}
    assert "is better than Dense 32 by" in by_heading["Verdict"].findings[0].claim
    assert len(by_heading["Confusions"].figures) == 3
    assert len(by_heading["Accuracy against cost"].figures) == 3
    assert not any(heading.startswith("Robustness") for heading in by_heading)  # nothing was measured
    described, every = by_heading["Runs and settings"].tables
    assert described.frame["Id"].tolist() == [good, poor]
    assert "Share for validation" in every.frame["Setting"].tolist()
    assert all(figure.alt for section in sections for figure in section.figures)


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """Links to pages are left out, since no pages are defined without `app.py`."""
    monkeypatch.setattr(st, "page_link", lambda *arguments, **options: None)


def test_pages_command_line_and_report_say_the_same_about_the_same_two_runs(good, poor, no_links):
    members = {role: runs.get(run_id) for role, run_id in (("model", good), ("baseline", poor))}
    verdict, cost = _within_a_session(candidates(list(members.values())))[0].findings
    assert "is better than Dense 32 by" in verdict.claim and "same computing cost" in cost.claim
    printed = " ".join(summary(members).split())
    assert printed.endswith(text([verdict, cost]))
    compare = texts(turn_to(opened("compare", runs=f"{good},{poor}"), "Where they differ"))
    train = texts(run(AppTest.from_function(_training_page, default_timeout=30, args=((good, poor),))))
    for finding in (verdict, cost):
        assert markdown([finding]) in compare and markdown([finding]) in train


def test_without_stored_predictions_no_network_is_called_better(good, no_links):
    bare = stored("baseline", SMALL, 0.7)
    next(artifacts.folder_of(bare).glob("test_predictions.npz")).unlink()
    members = {"model": runs.get(good), "baseline": runs.get(bare)}
    printed = " ".join(summary(members).split())
    assert "is better" not in printed and "chance could explain part of the gap" in printed
    train = run(AppTest.from_function(_training_page, default_timeout=30, args=((good, bare),)))
    assert "is better" not in texts(train) and "chance could explain part of the gap" in texts(train)


def _training_page(run_ids: tuple[str, str]) -> None:
    from cnnlab import runs
    from cnnlab.ui.lab import progress
    from cnnlab.views.figures.curve_lines import View

    members = dict(zip(("model", "baseline"), map(runs.get, run_ids), strict=True))
    progress.render_ended(members, View(), "")


def _within_a_session(compared):
    """The sections as a page would find them: the curves are kept in the session's state."""
    found = []

    def script() -> None:
        import streamlit as st

        st.session_state["report"](st)

    app = AppTest.from_function(script, default_timeout=30)
    app.session_state["report"] = lambda _: found.extend(report.sections(compared, compared[1]))
    run(app)
    return found
