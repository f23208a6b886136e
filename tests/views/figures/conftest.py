"""Every figure that these tests draw is checked by Plotly, property by property."""

import pytest

from cnnlab.views.figures import style


@pytest.fixture(autouse=True)
def checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dashboard leaves the check out, for its time."""
    monkeypatch.setattr(style, "CHECKED", True)
