"""The README is held to what the code is."""

import ast
import re
import shlex
from importlib.metadata import packages_distributions
from pathlib import Path

import click
import pytest

from cnnlab.cli.commands import main
from cnnlab.data.registry import DATASETS
from cnnlab.lessons import exercises, texts
from cnnlab.lessons.facts import MEANINGS
from cnnlab.lessons.texts import Card, parsed
from cnnlab.spec import PRESETS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
CODE = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py")), *sorted((ROOT / "cnnlab").rglob("*.py"))]
COMMANDS = sorted(set(re.findall(r"python -m cnnlab ([^`\n]+)", README)))
NOT_REQUIRED = {"jax", "torch", "mlxtend", "sklearn"}  # other Keras backends; the build of samples


def shell_commands() -> list[str]:
    return [
        line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()
    ]


def distributions(requirements: str) -> list[str]:
    lines = (ROOT / requirements).read_text().splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def imported_packages(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def test_ci_runs_the_test_command_of_the_readme_and_nothing_else():
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert len(commands) == 1
    assert commands[0] in shell_commands()


def test_the_readme_has_one_command_to_start_and_one_to_test():
    start, test, *others = shell_commands()
    assert start.endswith("streamlit run app.py") and "-r requirements.txt" in start
    assert test == "sh tests/run.sh" and (ROOT / "tests" / "run.sh").is_file()
    programs = {re.sub(r"^(\w+=\S+ )*", "", command).split()[0] for command in others}
    assert programs == {"mlflow", "dask", "openssl", "streamlit"}


def test_every_command_is_shown():
    shown = {command.split()[0] for command in COMMANDS}
    assert shown == set(main.commands)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shown_is_understood(command):
    name, *arguments = shlex.split(command)
    known = main.commands[name]
    if isinstance(known, click.Group):
        name, *arguments = arguments
        known = known.commands[name]
    try:
        known.make_context(name, arguments)
    except click.exceptions.Exit as done:  # --help
        assert done.exit_code == 0


def test_every_preset_is_named():
    shown = {preset for command in COMMANDS for preset in re.findall(r"--preset (\w+)", command)}
    assert shown == set(PRESETS)


@pytest.mark.parametrize(
    "path", [path.relative_to(ROOT).as_posix() for path in (ROOT / "pages").glob("*.py")]
)
def test_every_page_is_named_once(path):
    assert README.count(f"`{path}`") == 1


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_data_set_is_in_the_table_with_its_numbers_of_images(dataset):
    line = next(line for line in README.splitlines() if line.startswith(f"| `{dataset}`: "))
    info = DATASETS[dataset]
    numbers = [
        f"{parts[source]:,}"
        for source in info.train_images
        for parts in (info.train_images, info.test_images)
    ]
    _, _, *sources, _ = line.split("|")
    assert re.findall(r"\d[\d,]*", " ".join(sources)) == numbers


def test_every_environment_variable_that_is_read_is_in_the_table():
    source = "\n".join(path.read_text() for path in CODE)
    read = set(re.findall(r'environ\.get\("(\w+)"', source)) | set(
        re.findall(r'environ\["(\w+)"\](?!\s*=)', source)
    )
    assert "CNNLAB_SCHEDULER" in read
    read.remove("PYTHONPATH")  # Python's own, handed on to the trainer with this folder added
    assert not [name for name in read if f"| {name} |" not in README]


def test_every_relative_link_leads_somewhere():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links and all((ROOT / link).exists() for link in links)


@pytest.mark.parametrize(
    "requirement", distributions("requirements.txt") + distributions("tests/requirements.txt")
)
def test_every_requirement_has_both_bounds_and_a_reason(requirement):
    assert re.fullmatch(r"[\w-]+>=[\d.]+,<[\d.]+ +# .{10,}", requirement)


def test_every_package_that_the_code_imports_is_required():
    required = {re.split(r"[>=]", line)[0] for line in distributions("requirements.txt")}
    providers = packages_distributions()
    imported = set().union(*(imported_packages(path) for path in CODE)) - NOT_REQUIRED - {"cnnlab"}
    missing = {
        name
        for name in imported & providers.keys()
        if not required & {provider.lower() for provider in providers[name]}
    }
    assert imported & providers.keys() >= {"click", "keras", "mlflow", "pandas"}
    assert missing == set()


def test_the_picture_of_the_packages_names_each_once():
    [picture] = re.findall(r"```text\n(app\.py.*?)```", README, re.DOTALL)
    named = re.findall(r"(\w+)(?:/|\.py)(?=\s)", picture.replace("app.py, pages/", ""))
    found = {path.stem for path in (ROOT / "cnnlab").iterdir() if not path.name.startswith("__")}
    assert sorted(named) == sorted(found)


def test_the_files_that_developers_are_sent_to_exist():
    section = README.partition("## For developers")[2].partition("## What's new")[0]
    paths = set(re.findall(r"`((?:\w+/)+\w+\.py)`", section))
    assert len(paths) > 10
    assert [
        path
        for path in paths
        if "NAME" not in path and not ((ROOT / path).exists() or (ROOT / "cnnlab" / path).exists())
    ] == []


def test_the_example_of_an_exercise_is_one_and_every_fact_is_listed():
    [example] = re.findall(r"```toml\n(title = .*?)```", README, re.DOTALL)
    card = parsed(example, "the README's example", Card)
    assert exercises.study(card).networks == ("CNN 64-64, kernel size 5", "CNN 64-64, kernel size 3")
    for fact, meaning in MEANINGS.items():
        assert f"| `{fact}` | {meaning} |" in README


def test_every_card_has_its_row_in_the_table_of_what_they_found():
    for card in texts.cards().values():
        assert isinstance(card, Card)
        assert f"| {card.title} | {exercises.changes(card)} | " in README
