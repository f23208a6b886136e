"""What an address may ask a page for: any text, which is looked up and never part of a command."""

import pytest

from tests.dashboard import opened

PARAMETERS = [("inside", "comparison"), ("compare", "runs"), ("studies", "study"), ("lab", "pin")]


@pytest.mark.parametrize(("page", "name"), PARAMETERS)
@pytest.mark.parametrize(
    "text", ["it's", "' OR 1=1", "x/../y%27", "a\x00b", "![x](https://elsewhere.example)"]
)
def test_a_page_opens_whatever_its_address_asks_for(page, name, text):
    opened(page, **{name: text})
