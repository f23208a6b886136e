from types import SimpleNamespace

from cnnlab.comparison.candidates import MOST, candidates
from cnnlab.views.palette import COMPARED_COLORS


def named(*names: str) -> list[SimpleNamespace]:
    return [SimpleNamespace(name=name, run_id=f"{place:08}abc") for place, name in enumerate(names)]


def test_no_runs_are_no_candidates():
    assert candidates([]) == []


def test_each_run_has_a_colour_of_its_own_and_its_name():
    found = candidates(named("CNN 8", "Dense 32"))
    assert [each.label for each in found] == ["CNN 8", "Dense 32"]
    assert [each.color for each in found] == list(COMPARED_COLORS[:2])
    assert len(set(COMPARED_COLORS)) == MOST == 6


def test_runs_of_the_same_name_are_told_apart_by_a_number():
    labels = [each.label for each in candidates(named("CNN 8", "Dense 32", "CNN 8"))]
    assert labels == ["CNN 8 (1)", "Dense 32", "CNN 8 (2)"]


def test_a_run_without_a_name_goes_by_its_id():
    assert candidates(named(""))[0].label == "00000000"
