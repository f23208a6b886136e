"""Every page in `pages/`, by processes of its own: one shows them, another one trains."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
TITLES = {
    "lab": "Lab",
    "learn": "Learn",
    "inside": "Inside",
    "data": "Data",
    "studies": "Studies",
    "compare": "Compare",
    "run": "Run",
    "runs": "Runs",
}
FILTERS = ("8", "4")  # of the first block, by comparison; the last one is the newest
HEAVY = ("tensorflow", "keras", "jax", "torch")

VISIT = """
import json, sys
from pathlib import Path
from streamlit.testing.v1 import AppTest

pages = {}
for page in sorted(Path("pages").glob("*.py")):
    app = AppTest.from_file(Path("cnnlab/ui/shell.py").resolve(), default_timeout=60).run()
    app.switch_page(f"../../pages/{page.name}").run()
    pages[page.stem] = {
        kind: [str(element.value) for element in app.main.get(kind)]
        for kind in ("title", "subheader", "markdown", "caption", "info", "warning", "error", "exception")
    } | {
        "tables": [table.value["Name"].tolist() for table in app.main.dataframe if "Run id" in table.value],
        "choices": [box.options for box in app.main.selectbox if box.label == "Comparison"],
    }
print(json.dumps({"pages": pages, "modules": sorted({name.partition(".")[0] for name in sys.modules})}))
"""

TRAIN = """
import sys
from cnnlab import runs
from cnnlab.worker import train
from cnnlab.spec import PRESETS

spec = PRESETS["small"].with_setting("data.images", 60).with_setting("training.epochs", 1)
for filters in sys.argv[1:]:
    for role, run in spec.with_setting("model.blocks.0.filters", int(filters)).runs().items():
        train.train(runs.create(role, f"comparison-{filters}", run))
"""


def python(code: str, store: Path, *arguments: str) -> str:
    """What the code prints, run in a new process at the top of the repository with this store."""
    environment = os.environ | {"MLFLOW_TRACKING_URI": f"sqlite:///{store}/mlflow.db"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the pages show where nothing was trained."""
    return json.loads(python(VISIT, tmp_path_factory.mktemp("empty")))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the pages show after two comparisons."""
    store = tmp_path_factory.mktemp("filled")
    python(TRAIN, store, *FILTERS)
    return json.loads(python(VISIT, store))


@pytest.fixture(params=["empty", "filled"])
def visited(request: pytest.FixtureRequest) -> dict[str, Any]:
    return request.getfixturevalue(request.param)


def test_every_page_is_in_the_navigation(visited):
    assert sorted(visited["pages"]) == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_a_page_renders_under_its_title(visited, page):
    shown = visited["pages"][page]
    assert shown["exception"] == [] and shown["error"] == []
    assert shown["title"] == [TITLES[page]]


def test_no_page_loads_what_trains(visited):
    assert "streamlit" in visited["modules"] and "mlflow" in visited["modules"]
    assert not set(HEAVY) & set(visited["modules"])


@pytest.mark.parametrize("page", ["lab", "inside", "compare", "run", "runs"])
def test_an_empty_store_is_answered_with_what_to_do(empty, page):
    (info,) = empty["pages"][page]["info"]
    assert info.startswith("Nothing has been trained yet")
    assert "press Train" in info or "Press Train" in info


def test_studies_says_what_to_do_until_there_is_one(visited):
    (info,) = visited["pages"]["studies"]["info"]
    assert info == "Nothing has been trained yet for a study: choose a question and press Start."


def test_the_lab_shows_the_newest_comparison_with_its_result(filled):
    shown = filled["pages"]["lab"]
    assert shown["info"] == []
    assert shown["subheader"] == ["Result"]
    text = "\n".join(shown["markdown"])
    states = "\n".join(shown["caption"])
    assert "**CNN 4-16** · finished on CPU" in states
    assert "**Dense 32** · finished on CPU" in states
    assert "of the 2,000 test images" in text or "the same 2,000 test images" in text
    assert "**CNN 4-16 needs 4.2 times as many multiply-adds per image as Dense 32**" in text


def test_runs_lists_every_run_the_newest_first(filled):
    (table,) = filled["pages"]["runs"]["tables"]
    assert table == ["Dense 32", "CNN 4-16", "Dense 32", "CNN 8-16"]


def test_inside_offers_every_comparison_the_newest_first(filled):
    (choices,) = filled["pages"]["inside"]["choices"]
    assert len(choices) == len(FILTERS)
    for choice, filters in zip(choices, reversed(FILTERS), strict=True):
        assert f"CNN {filters}-16 (" in choice and "Dense 32 (" in choice
        assert choice.endswith("Fashion-MNIST")
