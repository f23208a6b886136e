"""Who looks at the page, and which runs are theirs.

A visitor is a browser, by the cookie that `cnnlab.ui.visitor_cookie` gives it; or a person, where the
operator has configured Streamlit's sign-in and they have used it. Without a cookie, as where the pages
were started past `app.py`, the id is empty, as it is in runs of the command line and of earlier versions.
"""

import hashlib
from typing import NamedTuple

import streamlit as st

from cnnlab.ui import visitor_cookie
from cnnlab.ui.gate import LOOPBACK

ID_OF_PERSON = "person-"  # how the ids of those who signed in begin


class Visitor(NamedTuple):
    """Who looks at the page."""

    id: str
    """As their runs keep it; empty where nothing tells."""
    name: str
    """For everyone to read, such as 'Visitor 3f9a'."""


def current() -> Visitor:
    """The visitor of the running script's session."""
    if is_signed_in():
        identity = f"{st.user.get('iss', '')} {st.user.get('sub') or st.user.get('email') or ''}"
        person = ID_OF_PERSON + hashlib.sha256(identity.encode()).hexdigest()[:16]
        return Visitor(person, signed_in_name() or name_of(person))
    cookies = st.context.cookies
    visitor = visitor_cookie.visitor_id(cookies, visitor_cookie.signing_key()) if cookies else ""
    return Visitor(visitor, name_of(visitor))


def can_sign_in() -> bool:
    """Whether the operator has configured Streamlit's sign-in: `[auth]` in secrets.toml."""
    return "is_logged_in" in st.user


def is_signed_in() -> bool:
    """Whether this session's person has signed in."""
    return bool(st.user.get("is_logged_in", False))


def signed_in_name() -> str:
    """The name that the sign-in tells; empty where it tells none."""
    return str(st.user.get("name") or st.user.get("preferred_username") or st.user.get("email") or "")


def name_of(visitor: str) -> str:
    """A visitor's name: 'Visitor 3f9a', or 'nobody in particular' for the empty id."""
    return f"Visitor {visitor.removeprefix(ID_OF_PERSON)[:4]}" if visitor else "nobody in particular"


def is_mine(owner: str) -> bool:
    """Whether what this visitor id has started is the current visitor's.

    What nobody in particular has started, such as a run of the command line or of an earlier version, belongs
    to everyone who looks at a dashboard of their own machine; a dashboard that others reach too gives it to
    nobody.
    """
    me = current().id
    return owner == me or (not owner and listens_on_loopback())


def listens_on_loopback() -> bool:
    """Whether the server is reached from its own machine only."""
    return st.get_option("server.address") in LOOPBACK
