"""What each process loads: the dashboard's never TensorFlow, and MLflow only where runs are used."""

import pkgutil

import cnnlab
from tests.loading import loaded_by

WITH_KERAS = {"models", "bench"}
SCRIPTS = {"cnnlab.ui.shell"}  # run by Streamlit, not imported; the tests of the pages run it
BACKENDS = {"tensorflow", "keras", "jax", "torch"}
PRELOAD = (
    "from cnnlab.studies.sweep import SweepDriver; from cnnlab.trainer.trainer import Trainer; "
    "from cnnlab.ui import background; trainer = Trainer();"
)


def dashboard_modules() -> list[str]:
    """Every module of cnnlab that the dashboard's process may import, found by looking."""
    found = [module.name for module in pkgutil.walk_packages(cnnlab.__path__, "cnnlab.")]
    return [
        name for name in found if name.split(".")[1] not in WITH_KERAS | {"__main__"} and name not in SCRIPTS
    ]


def test_the_dashboards_modules_load_neither_keras_nor_a_backend():
    modules = dashboard_modules()
    assert {
        "cnnlab.runs",
        "cnnlab.worker.train",
        "cnnlab.trainer.trainings",
        "cnnlab.arithmetic.network",
    } <= set(modules)
    loaded = loaded_by("import " + ", ".join(modules))
    assert {"streamlit", "pandas", "distributed"} <= loaded
    assert loaded & BACKENDS == set()


def test_the_command_line_loads_neither_keras_nor_a_backend_until_it_trains():
    assert loaded_by("import cnnlab.cli.commands") & (BACKENDS | {"mlflow", "optuna"}) == set()


def test_this_test_would_notice():
    assert loaded_by("import cnnlab.models.layers") & BACKENDS >= {"tensorflow", "keras"}


def test_importing_runs_does_not_import_mlflow_but_using_it_does(tmp_path):
    assert "mlflow" not in loaded_by("import cnnlab.runs")
    assert "mlflow" in loaded_by("from cnnlab import runs; runs.recent()")


def test_what_is_loaded_in_the_background_is_what_the_page_compare_waits_for():
    loaded = loaded_by(f"{PRELOAD} background.work(trainer, SweepDriver(trainer))")
    assert {"mlflow", "scipy"} <= loaded
    assert loaded & BACKENDS == set()


def test_the_garbage_collector_passes_over_what_stays_in_memory():
    loaded_by(
        f"import gc; {PRELOAD} background.work(trainer, SweepDriver(trainer)); "
        "assert gc.get_freeze_count() > 100_000"
    )


def test_the_first_page_waits_for_none_of_it():
    assert loaded_by("import app") & ({"mlflow", "scipy", "optuna"} | BACKENDS) == set()


def test_reading_runs_checking_settings_and_asking_for_the_trainer_load_no_backend():
    program = (
        "from cnnlab import checks, runs, spec\nfrom cnnlab.trainer.trainer import Trainer\n"
        "checks.require(spec.PRESETS['lab']); runs.recent(); print(Trainer().status())"
    )
    assert loaded_by(program) & BACKENDS == set()
