"""The section "Over seeds": verdicts by the paired t test, what is left out, tables and bands."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cnnlab.comparison.candidates import candidates
from cnnlab.comparison.over_seeds import ONE_GROUP, SEVERAL_TESTS, among, judged, of_run, over_seeds, seeded
from cnnlab.export.report import html
from cnnlab.runs import Run
from cnnlab.runs.groups import grouped
from cnnlab.views.palette import COMPARED_COLORS
from tests.made_runs import SMALL, seeded_run, series

CNN, DENSE = [0.86, 0.87, 0.88, 0.865], [0.84, 0.852, 0.85, 0.853]
LONGER = SMALL.with_setting("training.epochs", 9)


def both(cnn: list[float] = CNN, dense: list[float] = DENSE, dense_seed: int = 0) -> list[Run]:
    return [*series(cnn), *series(dense, first=50, seed=dense_seed, role="baseline")]


def made(runs: list[Run], baseline: int = -1):
    compared = seeded(grouped(runs))
    return over_seeds(compared, compared[baseline], {each.label: curves(each.group) for each in compared})


def curves(group) -> pd.DataFrame:
    """Validation accuracies that rise by epoch, and differ by seed."""
    rows = [
        (seed, epoch, metric, run.metrics["test_accuracy"] - 0.1 / (1 + epoch))
        for seed, run in group.by_seed.items()
        for epoch in range(4)
        for metric in ("val_loss", "val_accuracy")
    ]
    return pd.DataFrame(rows, columns=["seed", "epoch", "metric", "value"])


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.1, 0.9), st.floats(0.1, 0.9)), min_size=3, max_size=12),
    st.randoms(use_true_random=False),
)
def test_the_verdict_is_scipys_paired_test_whatever_the_order_of_the_runs(pairs, random):
    runs = both(*map(list, zip(*pairs, strict=True)))
    random.shuffle(runs)
    groups = seeded(sorted(grouped(runs), key=lambda group: group.name))
    [finding], notes = judged(groups[:1], groups[1])
    first, second = np.array(pairs).T
    if (first - second).std() < 1e-6:
        return
    assert finding.p_value == pytest.approx(stats.ttest_rel(first, second).pvalue, rel=1e-6, abs=1e-12)
    assert finding.figure.value == pytest.approx(100 * abs((first - second).mean()), abs=1e-6)
    assert notes == []


def test_the_sentence_is_that_of_a_study_of_seeds():
    [finding] = made(both()).findings
    assert finding.claim.startswith(
        "Over 4 seeds, CNN 8-16 is better than Dense 32 by 2.00 points on average"
    )
    assert finding.subject == ("CNN 8-16", "Dense 32") and finding.test == "paired t test"


def test_seeds_that_only_one_group_has_are_named_and_left_out():
    section = made(both(dense_seed=1, dense=[0.84, 0.85, 0.83]))
    [finding] = section.findings
    assert finding.claim.startswith("Over 3 seeds,")
    assert section.notes[0] == (
        "CNN 8-16 against Dense 32: the test is over 3 pairs of equal seeds. Left out for want of a partner: "
        "seed 0 of CNN 8-16."
    )
    alone = made(both(dense_seed=2)).notes[0]
    assert alone.endswith("partner: seeds 0 and 1 of CNN 8-16 and seeds 4 and 5 of Dense 32.")


@pytest.mark.parametrize(("first_seed", "common"), [(9, "0 seeds"), (3, "1 seed")])
def test_without_two_seeds_in_common_there_is_no_verdict_but_what_to_do(first_seed, common):
    section = made(both(dense_seed=first_seed))
    assert section.findings == ()
    assert section.notes[0].startswith(f"CNN 8-16 and Dense 32 have {common} in common; a verdict takes 2 at")
    assert "'New seed'" in section.notes[0]


def test_groups_that_were_tested_on_other_images_get_no_verdict():
    mnist = SMALL.with_setting("data.dataset", "mnist")
    section = made([*series(CNN), *series(DENSE, first=50, spec=mnist, role="baseline")])
    assert section.findings == ()
    assert section.notes[0] == "CNN 8-16 was tested on other images than Dense 32: there is no verdict."


def test_runs_that_do_not_count_are_named_and_not_averaged():
    diverged = seeded_run(30, 9, None, status="failed", metrics={"loss": float("nan")})
    section = made([*both(), diverged, seeded_run(31, 8, 0.1, status="stopped")])
    assert "Runs that do not count: CNN 8-16: 1 diverged, 1 stopped, 4 seeds counted." in section.notes
    means = section.tables[0].frame.set_index("Network")
    assert means.loc["CNN 8-16", "Test accuracy"] == pytest.approx(100 * np.mean(CNN))
    every = section.tables[2].frame
    assert every[every["Counted"] != "yes"]["Counted"].tolist() == ["no: stopped", "no: diverged"]
    assert len(every) == 10


def test_several_verdicts_say_that_each_is_tested_by_itself():
    section = made([*series(CNN, first=90, spec=LONGER), *both()])
    assert len(section.findings) == 2 and SEVERAL_TESTS in section.notes
    assert {finding.subject for finding in section.findings} == {
        ("CNN 8-16, epochs 9", "Dense 32"),
        (f"CNN 8-16, epochs {SMALL.training.epochs}", "Dense 32"),
    }


def test_one_group_has_its_spread_and_no_verdict():
    section = made(series(CNN))
    assert section.findings == () and ONE_GROUP in section.notes
    [row] = section.tables[0].frame.to_dict("records")
    assert (row["Seeds"], row["Test s.d."]) == (4, pytest.approx(100 * np.std(CNN, ddof=1)))


def test_each_seed_stands_beside_its_difference_to_the_baseline():
    frame = made(both(dense=DENSE[:3])).tables[1].frame
    assert frame.columns.tolist() == ["Seed", "CNN 8-16", "Dense 32", "CNN 8-16 ahead by"]
    assert frame.iloc[0].tolist() == ["0", "86.00%", "84.00%", "+2.00"]
    assert frame.iloc[3].tolist() == ["3", "86.50%", "–", "–"]
    assert frame.iloc[4].tolist() == ["Mean", f"{np.mean(CNN):.2%}", "84.73%", "+2.27"]


def test_the_lines_of_the_figure_are_means_over_seeds():
    section = made(both())
    lines = [trace for trace in section.figures[0].figure.data if trace.name == "CNN 8-16, mean"]
    expected = np.mean(CNN) - 0.1 / (1 + np.arange(1, 4))  # without the untrained networks
    for line in lines:
        np.testing.assert_allclose(line.y, expected)
    assert len(lines) == 2 and "CNN 8-16 (4) and Dense 32 (4) seeds" in section.figures[0].alt


def test_the_report_holds_the_section():
    page = html("Over seeds", [made(both())])
    assert "is better than Dense 32 by 2.00 points on average" in page
    assert "<td>84.00%</td>" in page.replace(' class="number"', "") and "Mean and spread over seeds" in page


def test_chosen_runs_are_groups_only_where_two_settings_have_two_seeds_each():
    assert among(candidates([seeded_run(0), seeded_run(1, role="baseline")])) == []
    assert among(candidates([*series(CNN[:2]), seeded_run(9, role="baseline")])) == []
    groups = among(candidates([*series(CNN[:2]), *series(DENSE[:2], first=50, role="baseline")]))
    assert [each.label for each in groups] == ["CNN 8-16", "Dense 32"]
    assert [each.color for each in groups] == [COMPARED_COLORS[0], COMPARED_COLORS[2]], "of the first runs"
    assert of_run(groups, "run51") is groups[1] and of_run(groups, "gone") is None
