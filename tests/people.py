"""Two visitors of one dashboard, whose sessions the tests open in turn."""

import pytest

from cnnlab.ui import visitor
from cnnlab.ui.visitor import Visitor

ANN, BEN = "a" * 16, "b" * 16
ANNS_NAME, BENS_NAME = "Visitor aaaa", "Visitor bbbb"


def look_as(patch: pytest.MonkeyPatch, who: str) -> None:
    """From now on pages are drawn for this visitor, as if their browser had sent its cookie."""
    patch.setattr(visitor, "current", lambda: Visitor(who, visitor.name_of(who)))


def reachable_by_others(patch: pytest.MonkeyPatch) -> None:
    """As a dashboard that listens on all addresses."""
    patch.setattr(visitor, "listens_on_loopback", lambda: False)
