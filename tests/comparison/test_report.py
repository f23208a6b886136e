"""The sections of a comparison, without any screen: what is in them for two networks and for three."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from cnnlab import runs
from cnnlab.comparison import differences, robustness, side_by_side
from cnnlab.comparison.candidates import Candidate, Predicted, candidates
from cnnlab.comparison.report import report_sections
from cnnlab.comparison.section import Section
from cnnlab.evidence.finding import text
from cnnlab.robustness.experiments import EXPERIMENTS
from cnnlab.robustness.findings import Outcome
from cnnlab.runs import Run
from cnnlab.spec import PRESETS
from tests.stored_answers import stored


class Comparison(NamedTuple):
    """Runs with made-up answers, and what the report is made of."""

    compared: list[Candidate]
    predicted: dict[str, Predicted]
    curves: Mapping[str, pd.DataFrame]

    def sections(self) -> dict[str, Section]:
        """Heading → section, with the last run as the baseline."""
        listed = report_sections(self.compared, self.compared[-1], self.predicted, self.curves)
        assert len({section.heading for section in listed}) == len(listed)
        return {section.heading: section for section in listed}


def comparison(*wrong: np.ndarray) -> Comparison:
    """A network for each array of the images that it gets wrong; the last one is a baseline."""
    roles = ["model"] * (len(wrong) - 1) + ["baseline"]
    ids = [stored(each, role) for each, role in zip(wrong, roles, strict=True)]
    compared = candidates([runs.get(run_id) for run_id in ids])
    predicted = {}
    for each in compared:
        arrays = runs.predictions(each.run.run_id)
        predicted[each.run.run_id] = Predicted(
            each.run, each.label, each.color, arrays["probabilities"], arrays["labels"]
        )
    curves = {run_id: runs.curves([run_id]) for run_id in ids}
    return Comparison(compared, predicted, curves)


@pytest.fixture(scope="module")
def three() -> Comparison:
    """Two CNNs and a baseline."""
    return comparison(np.arange(0, 100), np.arange(50, 150), np.arange(80, 300))


def test_each_network_gets_a_verdict_a_table_of_counts_and_a_difference(three):
    sections = three.sections()
    verdict = sections["Verdict"]
    assert {finding.subject for finding in verdict.findings} == {
        ("CNN 8-16 (1)", "Dense 32"),
        ("CNN 8-16 (2)", "Dense 32"),
    }
    assert [table.title for table in verdict.tables] == [
        "Who is right: CNN 8-16 (1) and Dense 32",
        "Who is right: CNN 8-16 (2) and Dense 32",
    ]
    assert [figure.title for figure in sections["Confusions"].figures] == [
        "CNN 8-16 (1): 900 of 1,000 right",
        "CNN 8-16 (2): 900 of 1,000 right",
        "Dense 32: 780 of 1,000 right",
        "CNN 8-16 (1) minus Dense 32",
        "CNN 8-16 (2) minus Dense 32",
    ]


def test_the_counts_of_a_pair_add_up_to_the_test_images(three):
    [table, _] = three.sections()["Verdict"].tables
    assert table.frame.to_numpy().tolist() == [
        ["CNN 8-16 (1) right", "700 (70.0%)", "200 (20.0%)", "900 (90.0%)"],
        ["CNN 8-16 (1) wrong", "80 (8.0%)", "20 (2.0%)", "100 (10.0%)"],
        ["Total", "780 (78.0%)", "220 (22.0%)", "1,000 (100.0%)"],
    ]


def test_two_networks_get_in_the_report_what_they_get_by_themselves(three):
    """The page asks for one pair's sections; the report holds the same sentences and figures."""
    first, _, baseline = three.predicted.values()
    for section in (
        differences.verdict([(first, baseline)]),
        differences.confusions([first], baseline),
        differences.class_by_class(list(three.predicted.values()), [(first, baseline)]),
    ):
        reported = three.sections()[section.heading]
        assert text(section.findings) in text(reported.findings)
        assert {figure.title for figure in section.figures} <= {figure.title for figure in reported.figures}


def test_figures_of_one_report_have_keys_of_their_own_and_a_text_alternative(three):
    figures = [
        figure
        for section in three.sections().values()
        if section.heading != "Accuracy against cost"  # one place on the page, three costs in the report
        for figure in section.figures
    ]
    assert len({figure.key for figure in figures}) == len(figures)
    assert all(figure.alt and figure.title for figure in figures)


def test_published_results_are_named_with_the_images_that_they_were_tested_on(three):
    run = three.compared[0].run
    clothes = three.compared[0]._replace(run=Run(**vars(run) | {"spec": PRESETS["small"].runs()["model"]}))
    section = side_by_side.accuracy_against_cost([clothes], clothes, ["params", "macs"], published=True)
    assert len(section.figures) == 2
    assert section.notes[1].startswith("Dotted lines: ")
    assert section.notes[1].endswith("on the full 10,000 test images.")
    assert len(side_by_side.accuracy_against_cost([clothes], clothes, ["params"], published=False).notes) == 1
    assert len(three.sections()["Accuracy against cost"].notes) == 1  # none on handwriting


def test_runs_that_differ_in_nothing_are_said_to_be_equal(three):
    twice = [three.compared[0], three.compared[0]._replace(label="again")]
    section = side_by_side.what_differs(twice)
    assert section.notes == (side_by_side.NOTHING_DIFFERS,) and not section.tables


def test_what_only_some_networks_have_is_a_table_of_its_own(three):
    shared, of_some = side_by_side.what_differs(three.compared).tables
    assert "–" not in shared.frame.to_numpy() and "Kind of network" in shared.frame["Setting"].tolist()
    assert all("–" in row for row in of_some.frame.to_numpy().tolist())
    assert "Kernel size of every block" in of_some.frame["Setting"].tolist()
    assert of_some.title == f"Only in some networks: {len(of_some.frame)} settings"


def outcome(three: Comparison, place: int, name: str) -> Outcome:
    """Right on every image at every level, but for the undisturbed one."""
    experiment = EXPERIMENTS[name]
    right = np.ones((len(experiment.levels), 50), bool)
    right[:, : 5 * (place + 1)] = False
    return Outcome(three.compared[place].label, three.compared[place].color, right)


def test_shifts_are_maps_of_each_network_and_of_each_difference_to_the_baseline(three):
    ids = [each.run.run_id for each in three.compared]
    measured = {run_id: outcome(three, place, "shift") for place, run_id in enumerate(ids)}
    section = robustness.robustness_section("shift", measured, three.compared, three.compared[-1])
    assert [figure.key for figure in section.figures] == [
        *(f"map_{run_id}" for run_id in ids),
        *(f"difference_{run_id}_{ids[-1]}" for run_id in ids[:-1]),
    ]
    assert section.figures[0].alt == (
        "Accuracy of CNN 8-16 (1) by shift: 90.0 unshifted, 90.0 to 90.0 in all"
    )


def test_networks_that_were_not_measured_are_named(three):
    ids = [each.run.run_id for each in three.compared]
    one = {ids[0]: outcome(three, 0, "blur")}
    section = robustness.robustness_section("blur", one, three.compared, three.compared[-1])
    assert section.notes == ("Not measured yet: CNN 8-16 (2) and Dense 32.",)
    nothing = robustness.robustness_section("blur", {}, three.compared, three.compared[-1])
    assert nothing.notes == (robustness.NOT_MEASURED,) and not nothing.figures


def test_what_is_being_measured_is_left_out(three, monkeypatch):
    asked = []
    monkeypatch.setattr(robustness.results, "stored", lambda run, name: asked.append(run.run_id))
    ids = [each.run.run_id for each in three.compared]
    robustness.outcomes("blur", three.compared, left_out=ids[:1])
    assert asked == ids[1:]
