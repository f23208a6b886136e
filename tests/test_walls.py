"""The rooms of `cnnlab/` and the walls between them, read from the imports of every file."""

import ast
import functools
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]

# From the ground up: a file may import from its own room and from those above it in this list.
# Rooms in one line are neighbours that may not import each other.
ROOMS: tuple[tuple[str, ...], ...] = (
    ("errors", "words", "store_address"),
    ("spec",),
    ("arithmetic",),
    ("data",),
    ("checks",),
    ("inside", "evidence"),
    ("models",),
    ("runs",),
    ("robustness",),
    ("views",),
    ("comparison",),
    ("export",),
    ("worker",),
    ("trainer",),
    ("studies",),
    ("lessons",),
    ("bench",),
    ("cli",),
    ("ui",),
)
FLOOR = {room: number for number, rooms in enumerate(ROOMS) for room in rooms}

# Heavy packages and the only places that may import them. "inside functions" means that the process
# loads the package only when it is used.
HOMES = {
    "keras": {"models": "anywhere", "bench": "anywhere", "worker": "inside functions"},
    "tensorflow": {"models": "inside functions", "bench": "inside functions", "worker": "inside functions"},
    "jax": {"models": "inside functions", "bench": "inside functions", "worker": "inside functions"},
    "torch": {"models": "inside functions", "bench": "inside functions", "worker": "inside functions"},
    "mlflow": {"runs": "inside functions"},
    "sqlalchemy": {"runs": "anywhere", "store_address": "inside functions"},
    "dask": {"trainer": "anywhere", "worker": "anywhere"},
    "distributed": {"trainer": "anywhere", "worker": "anywhere"},
    "optuna": {"studies": "inside functions"},
    "streamlit": {"ui": "anywhere", "pages": "anywhere", "app": "anywhere"},
    "mlxtend": {"data": "inside functions"},
    "sklearn": {"data": "inside functions"},
}


class Import(NamedTuple):
    """One imported module or name of a module."""

    module: str
    name: str
    """Empty for `import module`."""
    when_loaded: bool
    """Whether it is imported as the file is loaded; not inside a function, nor for a type checker alone."""


def files() -> dict[str, str]:
    """Dotted name → source, of everything that the dashboard and the command line consist of."""
    paths = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "cnnlab").rglob("*.py")]
    return {dotted(path): path.read_text("utf-8") for path in paths}


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room_of(module: str) -> str:
    """'runs' for `cnnlab.runs.store`, 'pages' for a page, 'cnnlab' for the package itself."""
    parts = module.split(".")
    return parts[1] if parts[0] == "cnnlab" and len(parts) > 1 else parts[0]


@functools.cache
def imports_of(source: str) -> list[Import]:
    """Every import of a file, wherever it stands in it."""
    tree = ast.parse(source)
    later = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
        for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        when_loaded = node not in later
        if isinstance(node, ast.Import):
            found += [Import(alias.name, "", when_loaded) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            found += [Import(node.module or "", alias.name, when_loaded) for alias in node.names]
    return found


def target(imported: Import, modules: dict[str, str]) -> str:
    """The module that is imported: `from cnnlab.runs import store` imports `cnnlab.runs.store`."""
    inner = f"{imported.module}.{imported.name}"
    return inner if inner in modules else imported.module


def wrong_floors(modules: dict[str, str]) -> list[str]:
    """Imports that lead from a room to one that stands higher, or to a neighbour."""
    wrong = []
    for module, source in modules.items():
        here = room_of(module)
        for imported in imports_of(source):
            there = room_of(target(imported, modules))
            if here not in FLOOR or there not in FLOOR or here == there:
                continue
            if FLOOR[there] >= FLOOR[here]:
                wrong.append(f"{module} imports {imported.module} {imported.name}".strip())
    return wrong


def homeless(modules: dict[str, str]) -> list[str]:
    """Imports of heavy packages outside of their homes."""
    wrong = []
    for module, source in modules.items():
        for imported in imports_of(source):
            package = imported.module.split(".")[0]
            if package not in HOMES:
                continue
            allowed = HOMES[package].get(room_of(module))
            if allowed is None or (allowed == "inside functions" and imported.when_loaded):
                wrong.append(f"{module} imports {package}")
    return wrong


def test_every_room_is_in_the_list():
    rooms = {path.stem for path in (ROOT / "cnnlab").iterdir() if not path.name.startswith("__")}
    assert rooms == set(FLOOR)


def test_a_file_imports_only_from_its_room_and_from_those_below():
    assert wrong_floors(files()) == []


def test_no_room_is_imported_by_what_it_does_not_know():
    """`pages/` and `app.py` are on top of everything: nothing imports them."""
    modules = files()
    assert [
        module
        for module, source in modules.items()
        for imported in imports_of(source)
        if imported.module.split(".")[0] in ("pages", "app")
    ] == []


def circle(modules: dict[str, str]) -> list[str]:
    """Files that import each other when they are loaded, in a circle; empty where there is none."""
    graph = {
        module: {target(imported, modules) for imported in imports_of(source) if imported.when_loaded}
        - {module}
        for module, source in modules.items()
    }
    # A package's face imports its files, and these may import its other files: only true modules count.
    only_files = {
        module: needed & modules.keys()
        for module, needed in graph.items()
        if not (ROOT / module.replace(".", "/")).is_dir()
    }
    try:
        TopologicalSorter(only_files).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def private_imports(modules: dict[str, str]) -> list[str]:
    """Imports of a name that begins with one underscore from another file of cnnlab."""
    return [
        f"{module} imports {imported.module}.{imported.name}"
        for module, source in modules.items()
        for imported in imports_of(source)
        if imported.module.startswith("cnnlab")
        and imported.name.startswith("_")
        and imported.name[1:2] != "_"
    ]


def importing_themselves(modules: dict[str, str]) -> list[str]:
    """Modules that import themselves."""
    return [
        module
        for module, source in modules.items()
        if any(target(imported, modules) == module for imported in imports_of(source))
    ]


def test_no_two_files_import_each_other_in_a_circle():
    assert circle(files()) == []


def test_heavy_packages_are_imported_only_where_they_are_at_home():
    assert homeless(files()) == []


def test_no_private_name_is_imported_from_another_file():
    assert private_imports(files()) == []


def test_no_module_imports_itself():
    assert importing_themselves(files()) == []


def test_a_circle_would_be_noticed():
    modules = files()
    modules["cnnlab.words"] += "\nfrom cnnlab.errors import UserError\n"
    modules["cnnlab.errors"] += "\nimport cnnlab.words\n"
    assert {"cnnlab.words", "cnnlab.errors"} <= set(circle(modules))


def test_a_private_name_of_another_file_would_be_noticed():
    assert len(private_imports({"cnnlab.cli.bench": "from cnnlab.runs.store import _reader"})) == 1
    assert private_imports({"cnnlab.cli.bench": "from cnnlab import __version__"}) == []


def test_a_module_that_imports_itself_would_be_noticed():
    source = "def late():\n    from cnnlab.words import percent"
    assert importing_themselves({"cnnlab.words": source}) == ["cnnlab.words"]


def test_these_names_stay_importable():
    from cnnlab import runs
    from cnnlab.arithmetic import layer_rows
    from cnnlab.spec import PRESETS, ComparisonSpec

    assert PRESETS["lab"] == ComparisonSpec() and callable(layer_rows) and runs.__all__
    assert (ROOT / "cnnlab" / "ui" / "shell.py").is_file()


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("cnnlab.spec.paths", "from cnnlab.views.palette import GREY"),
        ("cnnlab.evidence.paired", "from cnnlab import inside"),
        ("cnnlab.runs.store", "def late():\n    from cnnlab.ui import shell"),
    ],
)
def test_an_arrow_that_runs_back_up_would_be_noticed(module, source):
    assert len(wrong_floors({**files(), module: source})) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("cnnlab.views.palette", "def late():\n    import keras"),
        ("cnnlab.runs.store", "import mlflow"),
        ("cnnlab.studies.plan", "from distributed import Client"),
        ("cnnlab.export.script", "import streamlit as st"),
    ],
)
def test_a_heavy_package_away_from_home_would_be_noticed(module, source):
    assert len(homeless({module: source})) == 1


MUTABLE = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp)
MAKERS = {"dict", "list", "set", "defaultdict", "deque", "Counter", "Lock", "RLock", "Event", "Condition"}


def state_of(source: str) -> list[str]:
    """The names of a module that hold what functions change: rebound by `global`, or no constants."""
    tree = ast.parse(source)
    state = [name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names]
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        value = getattr(node, "value", None)
        called = value.func if isinstance(value, ast.Call) else None
        maker = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if isinstance(value, MUTABLE) or maker in MAKERS:
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            state += [name for name in names if not name.isupper() and not name.startswith("__")]
    return state


def test_no_module_holds_state():
    """What changes lives in objects; names in capitals are constants, and caches hold pure functions."""
    holding = {
        module: state
        for module, source in files().items()
        if not module.startswith("pages") and (state := state_of(source))
    }
    assert holding == {}


@pytest.mark.parametrize(
    "source",
    [
        "_clients: dict[str, int] = {}",
        "lock = threading.Lock()",
        "def f():\n    global _embedded\n    _embedded = 1",
    ],
)
def test_state_in_a_module_would_be_noticed(source):
    assert len(state_of(source)) == 1
