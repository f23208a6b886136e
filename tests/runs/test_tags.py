"""The names of the tags: one file has them, and they stay what older stores have."""

import ast
import re
from pathlib import Path

import pytest

from cnnlab.runs import tags
from tests.loading import ROOT

TAG = re.compile(r"(cnnlab|mlflow)\.[\w.]*")
NAMES = [value for name, value in vars(tags).items() if name.isupper() and isinstance(value, str)]
FILES = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "cnnlab").rglob("*.py")]


def spelled_tags(source: str) -> list[str]:
    """The texts of a program, other than docstrings, that hold the name of a tag or the beginning of one."""
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
        if any(name in node.value for name in NAMES) or is_a_tag(node.value)
    ]


def is_a_tag(text: str) -> bool:
    """Whether a text looks like a tag, and is neither a module of cnnlab nor the file of the store."""
    module = ROOT / text.rstrip(".").replace(".", "/")
    is_module = not text.endswith(".") and (module.is_dir() or module.with_suffix(".py").is_file())
    return bool(TAG.fullmatch(text)) and not is_module and text != "mlflow.db"


def test_no_tag_is_spelled_outside_the_file_of_the_tags():
    others = [file for file in FILES if file != Path(tags.__file__)]
    assert len(others) > 100
    assert {str(file): texts for file in others if (texts := spelled_tags(file.read_text("utf-8")))} == {}


@pytest.mark.parametrize(
    "program",
    [
        'tag = "cnnlab.role"',
        'tag = "cnnlab.a_new_one"',
        'tag = f"cnnlab.{name}"',
        "query = \"tags.`cnnlab.listed` = 'yes'\"",
        'query = f"tags.`mlflow.runName` = {name}"',
    ],
)
def test_a_spelled_tag_would_be_noticed(program):
    assert len(spelled_tags(program)) == 1


@pytest.mark.parametrize(
    "program", ['"""Of `cnnlab.role`."""', 'module = "cnnlab.export"', 'f = "mlflow.db"']
)
def test_docstrings_modules_and_files_are_no_tags(program):
    assert spelled_tags(program) == []


def test_the_names_are_those_of_the_stores_that_exist():
    ours = (
        "comparison role compared_with settings owner listed study study_kind arm device note reason epochs "
        "alive orders interrupted resumed dataset images visitor pruned search spent task queued "
        "visitor_name."
    )
    assert sorted(NAMES) == sorted(
        [*(f"cnnlab.{name}" for name in ours.split()), "mlflow.runName", "mlflow.note.content"]
    )


def test_a_persons_tags_are_those_of_neither_cnnlab_nor_mlflow():
    assert tags.user_tags(dict.fromkeys([*NAMES, "keep", "cnnlab", "my.tag"], "")) == {
        "keep": "",
        "cnnlab": "",
        "my.tag": "",
    }
