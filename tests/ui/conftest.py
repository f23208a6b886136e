"""The pages list what is stored: each module of tests begins with nothing."""

from collections.abc import Iterator

import pytest

from tests.experiments import own_experiments


@pytest.fixture(scope="module", autouse=True)
def _own_experiments() -> Iterator[None]:
    with own_experiments():
        yield
