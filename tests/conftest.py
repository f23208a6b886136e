"""Where the tests keep their runs, and the one real trainer that they share."""

import os
import tempfile

STORE = tempfile.mkdtemp(prefix="cnnlab-tests-")
# Set before anything is imported, and handed on to every worker process.
os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{STORE}/mlflow.db"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ.pop("CNNLAB_SCHEDULER", None)

import shutil  # noqa: E402
from collections.abc import Iterator  # noqa: E402

import psutil  # noqa: E402
import pytest  # noqa: E402

from tests.waiting import wait_until  # noqa: E402


@pytest.fixture(scope="session")
def trainer() -> Iterator[None]:
    """The embedded trainer with its real workers, started once for all tests that need it."""
    from cnnlab.trainer import connection

    with connection.running():
        wait_until(lambda: connection.status().state == "ready", seconds=120)
        yield
        under_it = psutil.Process(connection._embedded.process.pid).children(recursive=True)
    _, left = psutil.wait_procs(under_it, timeout=5)
    assert left == [], "the closed trainer left these processes behind"


def pytest_unconfigure() -> None:
    shutil.rmtree(STORE, ignore_errors=True)
