"""The networks of a comparison with one image: its maps in every layer, and the answers as bars.

The pictures change in place, so that nothing flickers while the networks train. The browser reports which
image of the strip is chosen, and which map is to be opened.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import streamlit as st

from cnnlab.ui.components.registration import register
from cnnlab.views.pictures.live_network import NetworkPicture

_HTML = """
<div class="cnnlab-live">
  <div class="cnnlab-live-image">
    <figure><img class="cnnlab-live-chosen"><figcaption></figcaption></figure>
    <div class="cnnlab-live-strip" role="group" aria-label="Test images"></div>
  </div>
  <div class="cnnlab-live-networks"></div>
</div>
"""

_component = register("live_network", _HTML)


class Thumbnail(NamedTuple):
    """An image that can be chosen."""

    src: str
    """A data URI."""
    label: str


class Place(NamedTuple):
    """A map or a unit in one of the networks."""

    network: int
    """Counted from 0."""
    layer: str
    number: int
    """Counted from 1."""


def render(
    key: str,
    networks: Sequence[NetworkPicture],
    image: Thumbnail,
    strip: Sequence[Thumbnail],
    chosen: int,
    on_choose: Callable[[int], None],
    on_open: Callable[[Place], None],
) -> None:
    """Draws the networks, or changes the pictures that are there.

    Args:
        key: Identifies the component on the page.
        networks: One below the other.
        image: What they are given.
        strip: Images to choose from.
        chosen: Which of them is the image, counted from 0; -1 for none.
        on_choose: Called with the place of the image that a person has chosen from the strip.
        on_open: Called with the map that a person has clicked.
    """
    _component(
        key=key,
        data={
            "networks": [asdict(network) for network in networks],
            "image": image._asdict(),
            "strip": [each._asdict() for each in strip],
            "chosen": chosen,
        },
        on_chosen_change=lambda: _report_choice(key, len(strip), on_choose),
        on_opened_change=lambda: _report_opening(key, on_open),
    )


def _report_choice(key: str, images: int, on_choose: Callable[[int], None]) -> None:
    chosen = st.session_state[key].get("chosen")
    if isinstance(chosen, int) and 0 <= chosen < images:
        on_choose(chosen)


def _report_opening(key: str, on_open: Callable[[Place], None]) -> None:
    place = opened(st.session_state[key].get("opened"))
    if place:
        on_open(place)


def opened(sent: Any) -> Place | None:
    """What the browser sent, which may be anything, as a place."""
    if not isinstance(sent, dict):
        return None
    network, layer, number = (sent.get(name) for name in Place._fields)
    if isinstance(network, int) and isinstance(layer, str) and isinstance(number, int):
        return Place(network, layer, number)
    return None
