"""The dashboard as a test drives it: opened at an address, its buttons pressed, without a browser."""

from pathlib import Path
from typing import Any

from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[1]
SHELL = ROOT / "cnnlab/ui/shell.py"

# After each script Streamlit clears Keras's session where Keras is loaded. The dashboard's own process
# never loads it; the process of the tests does, and there it takes seconds.
script_runner._clean_problem_modules = lambda: None


def opened(page: str = "", **address: Any) -> AppTest:
    """A new session, at one of the pages or where it begins; fails where it shows an exception."""
    app = AppTest.from_file(SHELL, default_timeout=30)
    app.query_params.update({key: str(value) for key, value in address.items()})
    run(app)
    return turned_to(app, page) if page else app


def turned_to(app: AppTest, page: str) -> AppTest:
    """The session, once it has gone to a page."""
    return run(app.switch_page(f"../../pages/{page}.py"))


def run(app: AppTest) -> AppTest:
    """Runs the session's script once more."""
    app.run()
    assert not app.exception, app.exception
    return app


def press(app: AppTest, key: str) -> None:
    """Presses a button."""
    app.button(key=key).click()
    run(app)
