"""The gate before every page, route and WebSocket: which names of this server a request may use, and the
headers of every answer.

Without it, any web site could let its own name point at 127.0.0.1 (DNS rebinding) and use a dashboard that
only its owner was meant to reach: the browser would take both for the same site. So the name in a request's
Host header must be one of this machine's, or one that CNNLAB_ALLOWED_HOSTS adds.

This file knows nothing of Streamlit; `app.py` puts it in front.
"""

import asyncio
import functools
import os
import socket
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

import psutil
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cnnlab.errors import InputRefused

LOOPBACK = ("localhost", "127.0.0.1", "::1")
POLICY_VIOLATION = 1008  # the WebSocket protocol's code
LONGEST_NAME = 253  # characters of a host's name; what is longer is not quoted
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}


class Gate:
    """ASGI middleware: refuses requests under a foreign name, and adds the headers that browsers obey."""

    def __init__(self, app: ASGIApp, configured_hosts: Callable[[], Iterable[str]] = tuple) -> None:
        """`configured_hosts`: returns more names of this server, as its own settings give them."""
        self._app = app
        self._allowed = (*LOOPBACK, *configured_hosts(), *setting("CNNLAB_ALLOWED_HOSTS"))
        self._ancestors = frame_ancestors()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")
        if is_allowed(host, self._allowed) or is_allowed(host, await asyncio.to_thread(machine_hosts)):
            await self._app(scope, receive, self._with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "unknown Host"})
        else:
            refusal = PlainTextResponse(refusal_text(host), status_code=403)
            await refusal(scope, receive, self._with_headers(send))

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                # Beside a policy that the answer has already: the browser obeys both.
                headers.append("Content-Security-Policy", f"frame-ancestors {self._ancestors}")
            await send(message)

        return send_with_headers


def frame_ancestors() -> str:
    """The pages that may show the dashboard in a frame, as CNNLAB_FRAME_ANCESTORS names them.

    Raises `InputRefused` for what would not be one value of the header.
    """
    named = " ".join(setting("CNNLAB_FRAME_ANCESTORS")) or "'self'"
    if not (named.isascii() and named.isprintable() and ";" not in named):
        raise InputRefused(
            "The environment variable CNNLAB_FRAME_ANCESTORS must name pages as the header 'frame-ancestors' "
            "does, such as https://lms.example.org, without ';' and with an international name in its ASCII "
            f"form ('xn--…'), not {named!r}."
        )
    return named


def setting(name: str) -> list[str]:
    """The values of an environment variable, separated by commas or spaces."""
    return os.environ.get(name, "").replace(",", " ").split()


def host_name(host: str) -> str:
    """The name of a Host header, in small letters, without its port; empty where it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
        name, _ = parts.hostname, parts.port  # the port raises where it is no number
    except ValueError:
        return ""
    plain = parts.netloc == host and "@" not in host and not any(character.isspace() for character in host)
    return name.rstrip(".") if name and plain else ""


def is_allowed(host: str, allowed: Iterable[str]) -> bool:
    """Whether a Host header names one of these: names and addresses, `*.` with a domain, or `*` for all."""
    name = host_name(host)
    if not name:
        return False
    patterns = [pattern.lower().strip("[]").rstrip(".") for pattern in allowed]
    return any(
        pattern in ("*", name) or (pattern.startswith("*.") and name.endswith(pattern[1:]))
        for pattern in patterns
    )


def machine_hosts() -> set[str]:
    """The names and the addresses of this machine; its addresses change as networks come and go."""
    own = socket.gethostname()
    short = own.partition(".")[0]
    addresses = {
        address.address.partition("%")[0]  # of a link-local address with its interface
        for interface in psutil.net_if_addrs().values()
        for address in interface
        if address.family in (socket.AF_INET, socket.AF_INET6)
    }
    return {own, short, f"{short}.local", full_name()} | addresses


@functools.cache
def full_name() -> str:
    """This machine's name with its domain, such as 'gpu1.lab.example.org'; asks the network once."""
    return socket.getfqdn()


def refusal_text(host: str) -> str:
    """Why a request is refused, and the setting that allows it."""
    name = host_name(host)
    if not name or len(name) > LONGEST_NAME:
        return "This request does not say by a valid Host header which server it is meant for.\n"
    return (
        f"This dashboard answers under the names of its own machine only, not as '{name}'. If you reach it "
        f"through a proxy or under another name, start it with CNNLAB_ALLOWED_HOSTS={name} in its "
        "environment (several names: separated by commas).\n"
    )
