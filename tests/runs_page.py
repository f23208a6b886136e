"""What tests of the page Runs share: the names of the stored runs, and what the page shows."""

from streamlit.testing.v1 import AppTest

from cnnlab.runs.search import finder
from cnnlab.runs.search.query import Query
from cnnlab.spec import PRESETS
from tests.dashboard import run

SPECS = PRESETS["small"].runs()
NAMES = ["alpha", "beta", "gamma", "delta"]  # of the stored runs, the newest last
ACCURACIES = [0.7, 0.9, 0.8]  # the newest has none yet


def table(app: AppTest) -> list[str]:
    """The names in the table, from top to bottom."""
    return app.main.dataframe[0].value["Name"].tolist()


def texts(app: AppTest) -> str:
    """Everything that the page says."""
    kinds = ("markdown", "caption", "info", "warning", "error", "success")
    return "\n".join(str(element.value) for kind in kinds for element in app.main.get(kind))


def listed(view: str = "listed") -> set[str]:
    """The names of the runs in a view of the store."""
    return {entry.name for entry in finder.find(Query(view)).entries}


def set_to(app: AppTest, kind: str, key: str, value: object) -> None:
    """Sets a control and runs the page."""
    getattr(app, kind)(key=key).set_value(value)
    run(app)


def disabled(app: AppTest) -> dict[str, bool]:
    """Key → whether this button for ticked runs is disabled."""
    keys = (
        "compare_runs",
        "look_inside_run",
        "open_run",
        "use_run",
        "edit_runs",
        "archive_runs",
        "delete_runs",
        "clear_runs",
    )
    return {key: app.button(key=key).disabled for key in keys}
