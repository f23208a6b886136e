"""Who one is on this dashboard: the name that others read, and the sign-in where the operator has one."""

import streamlit as st

from cnnlab import runs
from cnnlab.runs.visitors import LONGEST_NAME
from cnnlab.ui import visitor
from cnnlab.ui.actions import attempt
from cnnlab.ui.plain_text import plain

NAME = "visitor_name"  # session state
_TOLD = "visitor_name told"  # session state: the name of the sign-in that the store was given
OF_BROWSER = (
    "This dashboard knows your browser by a cookie. What you train is yours: only you can pause or stop it. "
    "Others see it with this name."
)
OF_PERSON = "You have signed in. What you train is yours on every machine; others see it with this name."


def render() -> None:
    """A popover with the visitor's name; nothing where the dashboard cannot tell visitors apart."""
    me = visitor.current()
    if not me.id and not visitor.can_sign_in():
        return
    with st.popover(plain(me.name), icon=":material/person:", type="tertiary", key="identity"):
        st.caption(OF_PERSON if visitor.is_signed_in() else OF_BROWSER)
        if me.id and not (visitor.is_signed_in() and visitor.signed_in_name()):
            st.text_input(
                "Your name", key=NAME, max_chars=LONGEST_NAME, placeholder=me.name, on_change=_call_me
            )
        if visitor.is_signed_in():
            st.button("Sign out", key="sign_out", icon=":material/logout:", on_click=st.logout)
        elif visitor.can_sign_in():
            _sign_in_buttons()
    _tell_name(me)


def _sign_in_buttons() -> None:
    providers = visitor.providers()
    for provider in providers:
        label = "Sign in" if len(providers) == 1 else f"Sign in with {provider}"
        st.button(
            label,
            key=f"sign_in_{provider}",
            icon=":material/login:",
            on_click=attempt,
            args=(visitor.sign_in, provider),
        )


def _call_me() -> None:
    attempt(visitor.call_me, st.session_state[NAME])


def _tell_name(me: visitor.Visitor) -> None:
    """Keeps the name of who has signed in, once a session, so that others read it too."""
    if visitor.is_signed_in() and runs.is_open() and st.session_state.get(_TOLD) != me.name:
        st.session_state[_TOLD] = me.name
        attempt(visitor.call_me, visitor.signed_in_name()[:LONGEST_NAME])
