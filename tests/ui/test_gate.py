"""The gate, asked as a server asks it: names that are let in, those that are not, and the headers."""

import asyncio
from typing import Any

import psutil
import pytest
from starlette.responses import PlainTextResponse

from cnnlab.ui import gate
from cnnlab.ui.gate import Gate, host_name, is_allowed


def ask(host: str | None, kind: str = "http", configured: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """What the server is told to send, for a request with this Host header."""
    sent: list[dict[str, Any]] = []

    async def app(scope, receive, send) -> None:
        if kind == "websocket":
            await send({"type": "websocket.accept"})
        else:
            await PlainTextResponse("the page")(scope, receive, send)

    async def send(message) -> None:
        sent.append(dict(message))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    headers = [] if host is None else [(b"host", host.encode("latin-1"))]
    scope = {"type": kind, "method": "GET", "path": "/", "headers": headers}
    asyncio.run(Gate(app, lambda: configured)(scope, receive, send))
    return sent


def headers_of(message: dict[str, Any]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in message["headers"]}


OWN = ["localhost:8501", "127.0.0.1", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST.", gate.socket.gethostname()]
FOREIGN = ["evil.example", "evil.example:8501", "localhost.evil.example", "127.0.0.1.nip.io", "notlocalhost"]
MALFORMED = ["", "localhost:port", "a@localhost", "localhost/path", "local host", "[::1", "localhost?x"]


@pytest.mark.parametrize("host", OWN)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_machines_own_names_are_let_in(host, kind):
    start = ask(host, kind)[0]
    assert start.get("status", 200) == 200 and start["type"] in ("http.response.start", "websocket.accept")


def test_the_machines_own_addresses_are_let_in():
    addresses = {
        entry.address.partition("%")[0]
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family in (gate.socket.AF_INET, gate.socket.AF_INET6)
    }
    for address in addresses:
        host = f"[{address}]:8501" if ":" in address else f"{address}:8501"
        assert ask(host)[0]["status"] == 200


def test_the_machines_name_with_its_domain_is_let_in(monkeypatch):
    monkeypatch.setattr(gate, "full_name", lambda: "gpu1.lab.example.org")
    assert ask("gpu1.lab.example.org:8501")[0]["status"] == 200


@pytest.mark.parametrize("host", [*FOREIGN, *MALFORMED, None])
def test_a_foreign_or_malformed_name_is_refused_by_pages_and_websocket(host):
    assert ask(host)[0]["status"] == 403
    assert [message["type"] for message in ask(host, "websocket")] == ["websocket.close"]


def test_the_refusal_names_the_host_and_the_setting_that_allows_it():
    start, body = ask("lab.example.org:80")
    assert headers_of(start)["content-type"].startswith("text/plain")
    assert b"'lab.example.org'" in body["body"]
    assert b"CNNLAB_ALLOWED_HOSTS=lab.example.org" in body["body"]


@pytest.mark.parametrize("value", ["lab.example.org", "other, Lab.example.org", "*.example.org", "*"])
def test_the_setting_lets_more_names_in(value, monkeypatch):
    monkeypatch.setenv("CNNLAB_ALLOWED_HOSTS", value)
    assert ask("lab.example.org")[0]["status"] == 200
    assert ask("lab.example.org", "websocket")[0]["type"] == "websocket.accept"


def test_a_wildcard_covers_parts_of_its_domain_alone(monkeypatch):
    monkeypatch.setenv("CNNLAB_ALLOWED_HOSTS", "*.example.org")
    assert ask("evilexample.org")[0]["status"] == 403


def test_names_in_streamlits_own_settings_are_let_in():
    assert ask("lab.example.org", configured=("lab.example.org",))[0]["status"] == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_every_answer_tells_the_browser_what_it_may_not_do(host):
    headers = headers_of(ask(host)[0])
    assert headers["content-security-policy"] == "frame-ancestors 'self'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_pages_that_may_show_the_dashboard_in_a_frame_can_be_set(monkeypatch):
    monkeypatch.setenv("CNNLAB_FRAME_ANCESTORS", "'self' https://*.example.org")
    policy = headers_of(ask("localhost")[0])["content-security-policy"]
    assert policy == "frame-ancestors 'self' https://*.example.org"


@pytest.mark.parametrize("host", MALFORMED)
def test_a_malformed_host_has_no_name_and_is_never_allowed(host):
    assert host_name(host) == ""
    assert not is_allowed(host, ["*"])
