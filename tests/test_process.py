"""What each process loads: the dashboard's never TensorFlow, and MLflow only where runs are used."""

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import cnnlab

ROOT = Path(cnnlab.__file__).parents[1]
WITH_KERAS = {"layers", "model", "engines", "training", "inspection", "bench"}
SCRIPTS = {"cnnlab.ui.shell"}  # run by Streamlit, not imported; the tests of the pages run it
BACKENDS = {"tensorflow", "keras", "jax", "torch"}
PRINT_LOADED = "\nimport json, sys; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"


def loaded_by(program: str) -> set[str]:
    """The top-level packages in `sys.modules` of a fresh process that ran the program."""
    result = subprocess.run(
        [sys.executable, "-c", program + PRINT_LOADED], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout.splitlines()[-1]))


def dashboard_modules() -> list[str]:
    """Every module of cnnlab that the dashboard's process may import, found by looking."""
    found = [module.name for module in pkgutil.walk_packages(cnnlab.__path__, "cnnlab.")]
    return [
        name for name in found if name.split(".")[1] not in WITH_KERAS | {"__main__"} and name not in SCRIPTS
    ]


def test_the_dashboards_modules_load_neither_keras_nor_a_backend():
    modules = dashboard_modules()
    assert {"cnnlab.runs", "cnnlab.tasks", "cnnlab.jobs", "cnnlab.arithmetic"} <= set(modules)
    loaded = loaded_by("import " + ", ".join(modules))
    assert {"streamlit", "pandas", "distributed"} <= loaded
    assert loaded & BACKENDS == set()


def test_the_command_line_loads_neither_keras_nor_a_backend_until_it_trains():
    assert loaded_by("import cnnlab.__main__") & (BACKENDS | {"mlflow"}) == set()


def test_this_test_would_notice():
    assert loaded_by("import cnnlab.layers") & BACKENDS == {"tensorflow", "keras"}


def test_importing_runs_does_not_import_mlflow_but_using_it_does(tmp_path):
    assert "mlflow" not in loaded_by("import cnnlab.runs")
    assert "mlflow" in loaded_by("from cnnlab import runs; runs.recent()")


def test_what_is_loaded_in_the_background_is_what_the_page_compare_waits_for():
    loaded = loaded_by("from cnnlab.ui import preload; preload._load()")
    assert {"mlflow", "scipy"} <= loaded
    assert loaded & BACKENDS == set()


def test_the_first_page_waits_for_none_of_it():
    assert loaded_by("import app") & ({"mlflow", "scipy"} | BACKENDS) == set()


def test_reading_runs_checking_settings_and_asking_for_the_trainer_load_no_backend():
    program = (
        "from cnnlab import checks, jobs, runs, spec, trainer\n"
        "checks.require(spec.PRESETS['lab']); runs.recent(); print(trainer.status())"
    )
    assert loaded_by(program) & BACKENDS == set()
