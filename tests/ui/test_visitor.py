"""Who looks at a page, what they are called, and which runs are theirs."""

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.errors import StreamlitAuthError
from streamlit.runtime.context import ContextProxy

from cnnlab import runs
from cnnlab.errors import InputRefused, StoreUnavailable
from cnnlab.runs import visitors
from cnnlab.ui import visitor
from cnnlab.ui.visitor_cookie import cookie_name, signed
from tests.dashboard import opened, press, run
from tests.experiments import own_experiments
from tests.people import ANN, ANNS_NAME, BEN, look_as, reachable_by_others

SECRET = "a secret of many characters"


@pytest.fixture(autouse=True)
def _own_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CNNLAB_SECRET", SECRET)
    with own_experiments():
        runs.prepare()
        yield


def send(patch: pytest.MonkeyPatch, value: str) -> None:
    """The browser sends this cookie."""
    cookies = {"theme": "dark", cookie_name(SECRET.encode()): value}
    patch.setattr(ContextProxy, "cookies", property(lambda self: cookies))


def signed_in(patch: pytest.MonkeyPatch, **claims: object) -> None:
    """As Streamlit tells of a session where sign-in is configured."""
    patch.setattr(st, "user", {"is_logged_in": True, "iss": "https://id.example.org"} | claims)


def test_a_browser_with_a_signed_cookie_is_its_visitor(monkeypatch):
    send(monkeypatch, signed(ANN, SECRET.encode()))
    assert visitor.current() == (ANN, ANNS_NAME)


@pytest.mark.parametrize("value", [ANN, signed(ANN, b"another key of nobody"), ""])
def test_without_a_cookie_of_this_dashboard_nobody_is_taken_for_another(monkeypatch, value):
    send(monkeypatch, value)
    assert visitor.current() == ("", visitor.NO_VISITOR)


@pytest.mark.parametrize(
    "me, owner, loopback, expected",
    [
        (ANN, ANN, True, True),
        (ANN, BEN, True, False),
        (ANN, "", True, True),
        (ANN, ANN, False, True),
        (ANN, "", False, False),
        ("", "", True, True),
        ("", "", False, True),
        ("", ANN, True, False),
    ],
)
def test_what_no_visitor_started_is_everyones_on_ones_own_machine_alone(
    monkeypatch, me, owner, loopback, expected
):
    look_as(monkeypatch, me)
    if not loopback:
        reachable_by_others(monkeypatch)
    assert visitor.is_mine(owner) is expected


@pytest.mark.parametrize("address, expected", [("127.0.0.1", True), ("localhost", True), ("0.0.0.0", False)])
def test_a_dashboard_listens_on_loopback_unless_its_address_says_otherwise(monkeypatch, address, expected):
    monkeypatch.setattr(st, "get_option", {"server.address": address}.get)
    assert visitor.listens_on_loopback() is expected


def test_a_dashboard_without_an_address_listens_everywhere(monkeypatch):
    monkeypatch.setattr(st, "get_option", {}.get)
    assert not visitor.listens_on_loopback()


def test_a_visitor_is_called_as_they_wish_and_namesakes_are_told_apart(monkeypatch):
    look_as(monkeypatch, ANN)
    assert visitor.name_of(ANN) == ANNS_NAME
    visitor.call_me("Ann")
    assert visitor.name_of(ANN) == "Ann"
    look_as(monkeypatch, BEN)
    visitor.call_me("Ann")
    assert [visitor.name_of(each) for each in (ANN, BEN)] == ["Ann (aaaa)", "Ann (bbbb)"]


def test_a_store_that_cannot_be_read_leaves_names_out(monkeypatch):
    def away() -> dict[str, str]:
        raise StoreUnavailable("The store is away.", passes=True)

    monkeypatch.setattr(visitors, "names", away)
    assert visitor.name_of(ANN) == ANNS_NAME


def test_the_names_of_others_are_told_once_each_and_ones_own_never(monkeypatch):
    look_as(monkeypatch, ANN)
    assert visitor.whose([BEN, ANN, "", BEN, "c" * 16]) == "Visitor bbbb and Visitor cccc"
    assert visitor.whose([ANN, ""]) == ""


def test_who_has_signed_in_is_the_same_person_in_every_browser(monkeypatch):
    send(monkeypatch, signed(ANN, SECRET.encode()))
    signed_in(monkeypatch, sub="1", name="Ann Müller", email="ann@example.org")
    first = visitor.current()
    send(monkeypatch, signed(BEN, SECRET.encode()))
    assert visitor.current() == first
    assert first.name == "Ann Müller" and first.id not in (ANN, "")
    signed_in(monkeypatch, sub="2", name="Ann Müller")
    assert visitor.current().id != first.id
    signed_in(monkeypatch, iss="https://other.example.org", sub="1", name="Ann Müller")
    assert visitor.current().id != first.id


def test_signed_out_the_browsers_cookie_counts(monkeypatch):
    send(monkeypatch, signed(ANN, SECRET.encode()))
    monkeypatch.setattr(st, "user", {"is_logged_in": False})
    assert visitor.current().id == ANN and visitor.can_sign_in()


@pytest.mark.parametrize(
    "auth, expected",
    [
        ({"client_id": "x"}, ["default"]),
        ({"redirect_uri": "x", "google": {"client_id": "x"}}, ["google"]),
        ({"client_id": "x", "okta": {"client_id": "y"}}, ["default", "okta"]),
        ({"redirect_uri": "x"}, ["default"]),
    ],
)
def test_the_providers_are_those_of_the_secrets(monkeypatch, auth, expected):
    monkeypatch.setattr(st, "secrets", {"auth": auth})
    assert visitor.providers() == expected


def test_settings_that_do_not_suffice_to_sign_in_are_a_sentence(monkeypatch):
    monkeypatch.setattr(visitor.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputRefused, match="needs the package Authlib"):
        visitor.sign_in("default")

    def refuse(provider: str) -> None:
        raise StreamlitAuthError("client_id is missing")

    monkeypatch.setattr(visitor.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(st, "login", refuse)
    with pytest.raises(InputRefused, match=r"secrets\.toml is not right\. client_id is missing"):
        visitor.sign_in("default")


def test_the_sidebar_tells_ones_name_and_changes_it(monkeypatch):
    send(monkeypatch, signed(ANN, SECRET.encode()))
    app = opened("runs")
    assert not [button.key for button in app.sidebar.button if button.key.startswith("sign_")]
    app.sidebar.text_input(key="visitor_name").set_value("Ann")
    run(app)
    assert visitors.names() == {ANN: "Ann"} and not app.toast
    app.sidebar.text_input(key="visitor_name").set_value("a\x00b")
    run(app)
    assert ["'Your name' can have at most" in toast.value for toast in app.toast] == [True]
    assert visitors.names() == {ANN: "Ann"}


def test_where_visitors_cannot_be_told_apart_there_is_nothing_to_name():
    assert "visitor_name" not in [field.key for field in opened("runs").sidebar.text_input]


def test_sign_in_is_offered_only_where_it_is_configured_and_tells_others_the_name(monkeypatch):
    asked = []
    monkeypatch.setattr(visitor, "sign_in", asked.append)
    monkeypatch.setattr(st, "secrets", {"auth": {"client_id": "x"}})
    monkeypatch.setattr(st, "user", {"is_logged_in": False})
    app = opened("runs")
    press(app, "sign_in_default")
    assert asked == ["default"]
    signed_in(monkeypatch, sub="1", name="Ann Müller")
    app = opened("runs")
    run(app)  # the first run of a session may come before the store was opened
    assert visitors.names() == {visitor.current().id: "Ann Müller"}
    out = []
    monkeypatch.setattr(st, "logout", lambda: out.append(True))
    press(opened("runs"), "sign_out")
    assert out == [True]
