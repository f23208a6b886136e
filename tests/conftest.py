"""Where the tests keep their runs, and the one real trainer that they share."""

import os
import tempfile

STORE = tempfile.mkdtemp(prefix="cnnlab-tests-")
# Set before anything is imported, and handed on to every worker process.
os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{STORE}/mlflow.db"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ.pop("CNNLAB_SCHEDULER", None)

import gc  # noqa: E402
import shutil  # noqa: E402
import time  # noqa: E402
from collections.abc import Generator, Iterator  # noqa: E402
from typing import TYPE_CHECKING, Any  # noqa: E402

import psutil  # noqa: E402
import pytest  # noqa: E402

from tests import lanes  # noqa: E402
from tests.waiting import wait_until  # noqa: E402

if TYPE_CHECKING:
    from cnnlab.trainer.trainer import Trainer

LONG_SECONDS = 0.3  # of a test that may leave much behind; most take no tenth of it


@pytest.fixture(scope="session")
def trainer() -> "Iterator[Trainer]":
    """The embedded trainer with its real workers, started once for all tests that need it.

    The trainer of the pages, `cnnlab.ui.cached.trainer.trainer()`, is another object;
    the tests do not start it.
    """
    from cnnlab.trainer.cluster import worker_specs
    from cnnlab.trainer.trainer import Trainer
    from cnnlab.worker import gpus

    trainer = Trainer()
    with trainer.running():
        wait_until(lambda: len(trainer.status().devices) == len(worker_specs(gpus.find())), seconds=120)
        yield trainer
        children = psutil.Process(trainer.connection.embedded_process_id()).children(recursive=True)
    _, left = psutil.wait_procs(children, timeout=5)
    assert left == [], "the closed trainer left these processes behind"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: lanes.place(item.nodeid))


@pytest.hookimpl(optionalhook=True)  # of xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> lanes.Lanes:
    return lanes.Lanes(config, log)


def pytest_collection_finish() -> None:
    settle()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, bool | None, bool | None]:
    began = time.monotonic()
    handled = yield
    if time.monotonic() - began > LONG_SECONDS:
        settle()
    return handled


def settle() -> None:
    """Has the garbage collector pass over all that is there by now, as the dashboard does after its start.

    Streamlit collects after every run of a page and a worker after every training. With TensorFlow and the
    networks of all earlier tests among what is looked through, that takes longer than many a test.
    """
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    shutil.rmtree(STORE, ignore_errors=True)
