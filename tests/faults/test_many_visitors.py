"""Several people on one dashboard at the same time: everybody is answered, and nothing fails."""

import asyncio
import random
from urllib.parse import urlencode

from cnnlab.ui.choices.address_parameter import OF_PAGES
from cnnlab.ui.sidebar.controls import CONTROLS
from tests.benchmarks.sessions import measure
from tests.settings import ODD_TEXTS
from tests.visitors import visiting

PAGES = ("", "learn", "inside", "compare", "data", "studies", "runs", "run")
ODD = (*ODD_TEXTS, "' OR 1=1", "<b>", "true")


def bad_addresses(number: int) -> list[str]:
    """Drawn ones: of every page, with settings and other parameters that nobody would give them."""
    drawn = random.Random(0)
    names = [*CONTROLS, *(parameter.name for parameter in OF_PAGES), "v", "**a**", "x\ny"]
    asked = [
        {drawn.choice(names): drawn.choice(ODD) for _ in range(drawn.randint(1, 9))} for _ in range(number)
    ]
    return [f"{PAGES[place % len(PAGES)]}?{urlencode(each)}" for place, each in enumerate(asked)]


async def open_all(address: str, paths: list[str], opened: list[str]) -> None:
    """Opens each in a tab of its own; notes those that are drawn without an exception."""
    for path in paths:
        async with visiting(address, path) as visitor:
            assert visitor.errors == [], path
            opened.append(path)


def test_five_visitors_move_sliders_while_two_train_and_another_opens_addresses_that_make_no_sense():
    opened: list[str] = []
    paths = bad_addresses(24)
    load = measure(
        visitors=5,
        training=2,
        seconds=8,
        meanwhile=lambda address: asyncio.run(open_all(address, paths, opened)),
    )
    assert (load.errors, load.trained, opened) == ([], 2, paths)
    assert "Traceback" not in load.log
    assert len(load.sliders) >= 5, "each visitor gets the table that belongs to its slider"
