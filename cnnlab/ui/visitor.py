"""Who looks at the page, and which runs are theirs.

A visitor is a browser, by the cookie that `cnnlab.ui.visitor_cookie` gives it; or a person, where the
operator has configured Streamlit's sign-in and they have used it. Without a cookie, as where the pages
were started past `app.py`, the id is empty, as it is in runs of the command line and of earlier versions.
"""

import hashlib
import importlib.util
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import streamlit as st
from streamlit.errors import StreamlitAuthError

from cnnlab import runs, store_address, words
from cnnlab.errors import InputRefused, StoreUnavailable
from cnnlab.runs import visitors
from cnnlab.ui import visitor_cookie
from cnnlab.ui.gate import LOOPBACK

NO_VISITOR = "no visitor"
NOBODYS = "No visitor of this dashboard has started this, so nobody can steer it here."
NAMES_SECONDS, OTHERS_SECONDS = 5, 10  # for which what the store says is kept
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


def providers() -> list[str]:
    """Who can be asked to sign somebody in: names of tables in `[auth]`; 'default' for that table itself."""
    settings = st.secrets.get("auth", {})
    named = [name for name, value in settings.items() if isinstance(value, Mapping)]
    return ["default", *named] if "client_id" in settings or not named else named


def sign_in(provider: str) -> None:
    """Leads to the provider's page. Raises `InputRefused` where the operator's settings do not suffice."""
    if importlib.util.find_spec("authlib") is None:
        raise InputRefused(
            "Signing in needs the package Authlib: whoever runs this dashboard can install it."
        )
    try:
        st.login(provider)
    except StreamlitAuthError as error:
        raise InputRefused(
            f"Nobody can sign in: the table [auth] of secrets.toml is not right. {error}"
        ) from error


def is_signed_in() -> bool:
    """Whether this session's person has signed in."""
    return bool(st.user.get("is_logged_in", False))


def signed_in_name() -> str:
    """The name that the sign-in tells; empty where it tells none."""
    return str(st.user.get("name") or st.user.get("preferred_username") or st.user.get("email") or "")


def name_of(visitor: str) -> str:
    """What a visitor wants to be called, else 'Visitor 3f9a'; 'no visitor' for the empty id.

    Of several with the same name, each has the beginning of its id behind it.
    """
    if not visitor:
        return NO_VISITOR
    chosen = _chosen_names()
    short = visitor.removeprefix(ID_OF_PERSON)[:4]
    name = chosen.get(visitor, "")
    if not name:
        return f"Visitor {short}"
    return name if list(chosen.values()).count(name) == 1 else f"{name} ({short})"


def call_me(name: str) -> None:
    """Keeps what the current visitor wants to be called. Raises `InputRefused` for what is no name."""
    visitors.call(current().id, name)
    _stored_names.clear()


def _chosen_names() -> dict[str, str]:
    """None where the store has not been opened yet: a page's first parts do not wait for it."""
    return _stored_names(store_address.store_uri()) if runs.is_open() else {}


@st.cache_data(ttl=NAMES_SECONDS, max_entries=10, show_spinner=False)
def _stored_names(address: str) -> dict[str, str]:
    """None where the store cannot be read, which the page says elsewhere."""
    try:
        return visitors.names()
    except StoreUnavailable:
        return {}


def is_mine(owner: str) -> bool:
    """Whether what this visitor id has started is the current visitor's.

    What no visitor has started, such as a run of the command line or of an earlier version, belongs to
    everyone who looks at a dashboard of their own machine; where others can reach the dashboard too, it is
    nobody's.
    """
    return owner in my_ids()


def my_ids() -> tuple[str, ...]:
    """The ids whose runs are the current visitor's: their own, and the empty one where `is_mine` says so."""
    me = current().id
    return (me, "") if me and listens_on_loopback() else (me,)


def whose(owners: Iterable[str]) -> str:
    """The names of those of some visitor ids that are not the current visitor's: 'Ann and Visitor 3f9a'."""
    others = dict.fromkeys(owner for owner in owners if not is_mine(owner))
    return words.listing([name_of(owner) for owner in others])


def why_not_mine(owners: Iterable[str], sentence: str) -> str:
    """Why the current visitor cannot steer what these visitor ids have started; empty where they can.

    `sentence` has a place, `{}`, for the names of the others.
    """
    others = whose(owners)
    return NOBODYS if others == NO_VISITOR else sentence.format(others) if others else ""


@st.cache_data(ttl=OTHERS_SECONDS, max_entries=1000, show_spinner=False)
def _are_others(address: str, me: str) -> bool:
    return visitors.others_than(me)


def has_company() -> bool:
    """Whether another visitor has started a run that is in the store."""
    return _are_others(store_address.store_uri(), current().id)


def listens_on_loopback() -> bool:
    """Whether the server is reached from its own machine only."""
    return st.get_option("server.address") in LOOPBACK
