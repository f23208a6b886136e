"""What stands in the head of the page before Streamlit's script runs: the title, the styles, and the curtain.

And which scripts a browser can fetch meanwhile: those that the first page will need, and, once that is drawn,
those of later pages.

Styles that a page's script sends come after the page's first elements, which then move. Streamlit has no
setting for its own page (`index.html`), so that it is completed on its way to the browser. This file knows
nothing of Streamlit; `app.py` puts it in front.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cnnlab.views.palette import COLORS, COMPARED_COLORS

END_OF_HEAD = b"</head>"
TITLE = b"<title>Streamlit</title>", b"<title>cnnlab</title>"
LEFT_OUT = (b"accept-encoding", b"if-none-match", b"if-modified-since")  # of the request for a page


class PageHead:
    """ASGI middleware: completes the head of HTML pages that a browser opens."""

    def __init__(self, app: ASGIApp, soon: Sequence[str] = (), later: Sequence[str] = ()) -> None:
        """Addresses of scripts, relative to a page: modules for the first one, and any for later ones."""
        self._app = app
        self._addition = addition(soon, later).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if not opens_a_page(scope):
            await self._app(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name.lower() not in LEFT_OUT]
        await self._app({**scope, "headers": headers}, receive, _Completed(send, self._addition))


class _Completed:
    """Sends an answer on; one that is HTML in one piece, with the addition in its head."""

    def __init__(self, send: Send, addition: bytes) -> None:
        self._send = send
        self._addition = addition
        self._start: Message | None = None  # held back until the length is known
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_html(message):
            self._start = message
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._complete(self._start)
        else:
            await self._send(message)

    async def _complete(self, start: Message) -> None:
        body = self._body.replace(*TITLE).replace(END_OF_HEAD, self._addition + END_OF_HEAD, 1)
        headers = MutableHeaders(scope=start)
        headers["Content-Length"] = str(len(body))
        for name in ("ETag", "Last-Modified"):  # they tell of the file, not of what is added
            if name in headers:
                del headers[name]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def opens_a_page(scope: Scope) -> bool:
    """Whether a request is a browser's for a page, not for a script or an image."""
    wanted = Headers(scope=scope).get("accept", "") if scope["type"] == "http" else ""
    return "text/html" in wanted and scope["method"] == "GET"


def _is_html(start: Message) -> bool:
    return start["status"] == 200 and Headers(scope=start).get("content-type", "").startswith("text/html")


def _colors() -> str:
    """The networks' colours as CSS variables: '--cnnlab-model', '--cnnlab-compared-0'."""
    named = {**COLORS, **{f"compared-{place}": color for place, color in enumerate(COMPARED_COLORS)}}
    variables = " ".join(f"--cnnlab-{name}: {color};" for name, color in named.items())
    return f":root {{ color-scheme: light dark; {variables} }}"


def addition(soon: Sequence[str] = (), later: Sequence[str] = ()) -> str:
    """The styles and the scripts, as HTML, with the addresses that `PageHead` takes.

    The styles are nested in 'html body' to have more weight than Streamlit's own, which come later.
    """
    css, curtain, fetch = (
        Path(__file__).with_name(name).read_text("utf-8")
        for name in ("shell.css", "curtain.js", "fetch_later.js")
    )
    styles = f"<style>{_colors()}\nhtml body {{\n{css}}}</style>\n"
    links = "".join(f'<link rel="modulepreload" href="{address}">\n' for address in soon)
    return f"{styles}<script>\n{curtain}{fetch.replace('ADDRESSES', json.dumps(later))}</script>\n{links}"
