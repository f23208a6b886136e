"""The dashboard as a test drives it: opened at an address, its buttons pressed, without a browser."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from cnnlab.ui.cached.trainer import trainer

ROOT = Path(__file__).parents[1]
SHELL = ROOT / "cnnlab/ui/shell.py"

# After each script Streamlit clears Keras's session where Keras is loaded. The dashboard's own process
# never loads it; the process of the tests does, and there it takes seconds.
script_runner._clean_problem_modules = lambda: None


def answer_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the pages' questions about networks answered in this process, without a trainer."""
    monkeypatch.setattr(trainer().questions, "ask", lambda function, *arguments: function(*arguments))


def opened(page: str = "", **address: Any) -> AppTest:
    """A new session, at one of the pages or where it begins; fails where it shows an exception.

    A parameter of the address that is a list is given several times.
    """
    app = AppTest.from_file(SHELL, default_timeout=30)
    for name, value in address.items():
        app.query_params[name] = [str(each) for each in value] if isinstance(value, list) else str(value)
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
