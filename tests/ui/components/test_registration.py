import json
import re
from pathlib import Path

import numpy as np
import pytest

from cnnlab.ui.components import registration
from cnnlab.ui.components.registration import read_asset, register, strict_json

FOLDER = Path(registration.__file__).parent
SCRIPTS = sorted(FOLDER.glob("*.js"))


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict]]:
    calls: list[tuple[str, dict]] = []
    monkeypatch.setattr(
        registration.st.components.v2, "component", lambda name, **parts: calls.append((name, parts))
    )
    return calls


def test_a_component_is_made_of_the_files_of_its_name(registered):
    register("plot", "<div></div>\n", shared_js="// shared\n")
    [(name, parts)] = registered
    assert name == "cnnlab_plot"
    assert parts["js"] == "// shared\n" + read_asset("plot.js")
    assert parts["css"] == read_asset("plot.css")


def test_components_may_share_their_styles(registered):
    register("pooling_stepper", "<div></div>\n", css="stepper.css")
    assert registered[0][1]["css"] == read_asset("stepper.css")


def test_every_component_is_registered_in_one_way():
    modules = {
        path.name for path in FOLDER.glob("*.py") if "components.v2.component(" in path.read_text("utf-8")
    }
    assert modules == {"registration.py"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_elements_are_found_by_fixed_selectors_never_by_what_a_person_typed(script):
    source = script.read_text("utf-8")
    selectors = re.findall(r"querySelector(?:All)?\((.*?)\)", source)
    variables = {name for selector in selectors for name in re.findall(r"\$\{(.*?)\}", selector)}
    assert variables <= {"name"}  # parts of a stepper, and kinds of pooling
    assert not re.search(r"\.id = |getElementById", source)


@pytest.mark.parametrize(
    ("data", "sent"),
    [
        ({"a": [1.5, float("nan"), {"b": float("inf")}]}, {"a": [1.5, None, {"b": None}]}),
        ((1, float("-inf"), "text", None, True), [1, None, "text", None, True]),
        (np.float32("nan"), None),
        (np.float32(0.5), 0.5),
    ],
)
def test_a_number_that_json_does_not_know_is_sent_as_null(data, sent):
    assert strict_json(data) == sent
    json.dumps(strict_json(data), allow_nan=False)
