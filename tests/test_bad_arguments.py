"""Drawn arguments of the command line and drawn settings: they are taken, or refused in a sentence."""

import contextlib
import re
from collections.abc import Coroutine, Generator
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cnnlab import bench
from cnnlab.checks import refusals
from cnnlab.cli.commands import main
from cnnlab.spec import PRESETS, ComparisonSpec, sentences
from cnnlab.worker import gpus
from tests.own_pictures import even, labelled, npz, pets, zipped
from tests.test_ways_in import ODD, SENTENCE, TEXT

DRAWN = settings(deadline=None, max_examples=300, derandomize=True, suppress_health_check=list(HealthCheck))

COMMANDS = st.sampled_from(
    [["train"], ["data", "add"], ["data", "list"], ["data", "remove"], ["bench"], ["cluster"], ["data"], []]
)
OPTIONS = st.sampled_from(
    [
        "--preset",
        "--dataset",
        "--source",
        "--images",
        "--epochs",
        "--seed",
        "--no-baseline",
        "--match-parameters",
        "--set",
        "--json",
        "--name",
        "--size",
        "--colour",
        "--grey",
        "--fit",
        "--test-share",
        "--skip-others",
        "--force",
        "--port",
        "--rounds",
        "--part",
        "--depth",
        "-x",
        "-",
    ]
)
FILES = st.sampled_from(
    ["good.zip", "good.npz", "bad.zip", "bad.npz", "picture.png", "pets", "empty", ".", "gone"]
)
VALUES = st.sampled_from(
    ["lab", "deep", "shapes", "cifar-10", "sample", "full", "8x8", "0x0", "crop", "0.5", "speed", "65536"]
)
PATHS = st.sampled_from(["model.blocks.0.filters", "training", "data.images"])
CHANGES = st.builds("{}={}".format, PATHS, ODD)
ARGUMENTS = st.lists(OPTIONS | FILES | VALUES | CHANGES | ODD | TEXT, max_size=7)
CLICKS_OWN = re.compile(r"^(No such (option|command)|Got unexpected extra argument)")


@contextlib.contextmanager
def nothing_started() -> Generator[None]:
    """Accepted commands end at once: nothing trains, measures or serves."""

    async def not_served(serving: Coroutine[Any, Any, None]) -> int:
        serving.close()
        return 0

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("cnnlab.cli.train.train_in_turn", lambda _spec, _stop: {})
        patched.setattr("cnnlab.cli.train.summary", lambda _members: "")
        patched.setattr("cnnlab.cli.train.as_data", lambda _members: {})
        patched.setattr("cnnlab.cli.cluster._until_signal", not_served)
        patched.setattr(gpus, "find", lambda: SimpleNamespace(problem=""))
        measured = SimpleNamespace(as_data=dict, as_text=lambda: "")
        patched.setattr(bench, "run", lambda *_arguments: measured)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Generator[None]:
    """The current folder, with files to bring, and a store of its own."""
    place = tmp_path_factory.mktemp("brought")
    contents = {
        "good.zip": zipped(pets(6)).getvalue(),
        "good.npz": npz(**labelled(shape=(9, 9))).getvalue(),
        "bad.zip": b"PK\x03\x04 and nothing else",
        "bad.npz": b"\x93NUMPY",
        "picture.png": even(),
    }
    for name, content in (contents | {f"pets/{path}": content for path, content in pets(6).items()}).items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
    (place / "empty").mkdir()
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(place)
        patched.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{place}/store/mlflow.db")
        yield


def assert_is_told(result: Result) -> None:
    """Done, or refused with one of the statuses for that and a sentence, or Click's help."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    if result.exit_code in (0, 128) or "Commands:" in result.output:
        return
    assert result.exit_code in (1, 2), result.output
    said = result.stderr.partition("Error: ")[2].strip()
    assert SENTENCE.match(said) or CLICKS_OWN.match(said), result.stderr


@pytest.mark.filterwarnings("ignore")  # zipfile and NumPy, of damaged files
@DRAWN
@given(command=COMMANDS, arguments=ARGUMENTS)
def test_any_arguments_are_taken_or_refused_in_a_sentence(folder, command, arguments):
    with nothing_started():
        assert_is_told(CliRunner().invoke(main, [*command, *arguments]))


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | ODD | TEXT
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
)
PARTS = st.sampled_from(["data", "model", "baseline", "training"])


@DRAWN
@given(
    preset=st.sampled_from(list(PRESETS)),
    part=PARTS,
    name=st.sampled_from(
        ["", *PRESETS["lab"].model_dump()["training"], "blocks", "units", "images", "dataset"]
    ),
    value=TREES,
)
def test_any_settings_are_a_comparison_or_sentences(preset, part, name, value):
    tree: dict[str, Any] = PRESETS[preset].model_dump(mode="json")
    if name:
        tree[part] = (tree[part] or {}) | {name: value}
    else:
        tree[part] = value
    try:
        comparison = ComparisonSpec.model_validate(tree)
    except ValidationError as error:
        told = sentences(error)
    else:
        told = refusals(comparison)
    assert all(SENTENCE.match(sentence) for sentence in told), told
