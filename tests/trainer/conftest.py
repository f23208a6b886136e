"""What the tests of the trainer leave behind ends with each of them."""

from collections.abc import Iterator

import pytest

from tests.trainer.stubs import StubConnection


@pytest.fixture(autouse=True)
def stubs_are_closed() -> Iterator[None]:
    yield
    for connection in StubConnection.made:
        connection.is_closing = True
