"""Two runs with stored answers, and a trainer that must not be needed."""

import numpy as np
import pytest

from cnnlab.ui.cached.trainer import trainer
from tests.stored_answers import stored


@pytest.fixture(scope="module")
def good() -> str:
    """A CNN that is wrong on the first 100 of 1,000 images."""
    return stored(np.arange(0, 100))


@pytest.fixture(scope="module")
def poor() -> str:
    """A baseline that is wrong on 220 images, 20 of them in common with `good`."""
    return stored(np.arange(80, 300), "baseline")


@pytest.fixture
def nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question to a worker fails the test."""

    def refuse(*arguments: object) -> None:
        raise AssertionError("a worker was asked")

    monkeypatch.setattr(trainer().questions, "ask", refuse)
