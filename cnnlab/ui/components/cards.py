"""Cards with pictures that can be clicked, and switches on them.

Cards change in place, so that a page of pictures does not flicker while its numbers change.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict

import streamlit as st

from cnnlab.ui.components.registration import register
from cnnlab.views.pictures.cards import Card

_component = register("cards", '<div class="cnnlab-cards" role="group"></div>')


def render(
    key: str,
    cards: Sequence[Card],
    label: str,
    on_open: Callable[[int], None],
    *,
    action: str = "enlarge",
    opened: int | None = None,
    width: int = 64,
    switch: str = "",
    on_switch: Callable[[int], None] | None = None,
) -> None:
    """Draws the cards in rows.

    Args:
        key: Identifies the component on the page.
        cards: In the order in which they are shown.
        label: Of the group, for screen readers.
        on_open: Called with the number of the card whose pictures were clicked.
        action: What a click does, for the tooltip.
        opened: The number of the card that is open now.
        width: Of each picture, in pixels at least.
        switch: The label of the cards' switches; empty where there are none.
        on_switch: Called with the number of the card whose switch was moved.
    """
    _component(
        key=key,
        data={
            "cards": [asdict(card) for card in cards],
            "label": label,
            "action": action,
            "opened": opened,
            "width": width,
            "switch": switch,
        },
        on_opened_change=lambda: _report(key, "opened", cards, on_open),
        on_switched_change=lambda: _report(key, "switched", cards, on_switch) if on_switch else None,
    )


def _report(key: str, name: str, cards: Sequence[Card], act: Callable[[int], None]) -> None:
    """Passes on what the browser sent, which may be anything, where it is the number of a card."""
    number = st.session_state[key].get(name)
    if isinstance(number, int) and any(card.number == number for card in cards):
        act(number)
