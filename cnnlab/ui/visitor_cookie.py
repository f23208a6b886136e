"""The cookie that tells the visitors of a dashboard apart: a random id, signed so that nobody can invent one.

The signing key stands in the file `visitor.key` beside the local store, readable by its owner alone, or in
CNNLAB_SECRET, which dashboards behind one address share. This file knows nothing of Streamlit; `app.py` puts
it in front.
"""

import functools
import hashlib
import logging
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from itsdangerous import BadSignature, Signer
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cnnlab import store_address
from cnnlab.errors import InputRefused
from cnnlab.ui.gate import frame_ancestors
from cnnlab.ui.page_head import opens_a_page

KEY_FILE = "visitor.key"
KEY_BYTES, ID_BYTES = 32, 8
LEAST_SECRET = 16  # characters of CNNLAB_SECRET
SECONDS = 400 * 24 * 3600  # the longest that browsers keep a cookie; each visit begins it anew

log = logging.getLogger(__name__)


class VisitorCookie:
    """ASGI middleware: gives every browser an id of its own, before its first page.

    A forged or damaged cookie counts as none. The page of a new visitor sees the cookie at once, also where
    the browser keeps none: it then has another id each time that it opens the page.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Raises `InputRefused` where CNNLAB_SECRET is too short."""
        self._app = app
        self._key = signing_key()
        self._framed = frame_ancestors() != "'self'"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if not opens_a_page(scope) and scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        known = visitor_id(HTTPConnection(scope).cookies, self._key)
        visitor = known or secrets.token_hex(ID_BYTES)
        if known and scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        cookie = signed(visitor, self._key)
        if not known:
            scope = _with_cookie(scope, cookie_name(self._key), cookie)
        await self._app(scope, receive, _Given(send, self._set_cookie(cookie, is_https(scope))))

    def _set_cookie(self, cookie: str, https: bool) -> str:
        """The header's value. In a page of another site, browsers keep only a cookie that is set apart."""
        text = f"{cookie_name(self._key)}={cookie}; Max-Age={SECONDS}; Path=/; HttpOnly"
        if https and self._framed:
            return f"{text}; SameSite=None; Secure; Partitioned"
        return f"{text}; SameSite=Lax{'; Secure' if https else ''}"


class _Given:
    """Sends an answer on, with the cookie in its head."""

    def __init__(self, send: Send, cookie: str) -> None:
        self._send = send
        self._cookie = cookie

    async def __call__(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.accept"):
            message.setdefault("headers", [])
            MutableHeaders(scope=message).append("Set-Cookie", self._cookie)
        await self._send(message)


def _with_cookie(scope: Scope, name: str, value: str) -> Scope:
    """The request, as if the browser had sent the cookie; one of that name takes no part any more."""
    headers = Headers(scope=scope)
    sent = "; ".join(headers.getlist("cookie"))
    others = [part for part in sent.split("; ") if part and part.partition("=")[0].strip() != name]
    changed = MutableHeaders(raw=[(key, text) for key, text in headers.raw if key.lower() != b"cookie"])
    changed["cookie"] = "; ".join([*others, f"{name}={value}"])
    return {**scope, "headers": changed.raw}


def is_https(scope: Scope) -> bool:
    """Whether the browser came by https, to this server or to the proxy before it."""
    return scope["scheme"] in ("https", "wss") or Headers(scope=scope).get("x-forwarded-proto") == "https"


def signing_key() -> bytes:
    """The key of this dashboard's cookies: CNNLAB_SECRET, else the file beside the store.

    Raises `InputRefused` where CNNLAB_SECRET is too short.
    """
    secret = os.environ.get("CNNLAB_SECRET", "").strip()
    if secret and len(secret) < LEAST_SECRET:
        raise InputRefused(
            f"The environment variable CNNLAB_SECRET must have at least {LEAST_SECRET} characters that "
            f"nobody can guess; it has {len(secret)}. Without it, the dashboard keeps a key of its own."
        )
    return (
        secret.encode() if secret else _kept_key(store_address.sqlite_folder() or store_address.RUNS_FOLDER)
    )


@functools.cache
def _kept_key(folder: Path) -> bytes:
    """The key in the folder's file, which is created where there is none."""
    path = folder / KEY_FILE
    try:
        if not path.exists():
            _create(path)
        key = path.read_bytes()
    except OSError as error:
        log.warning(
            "Visitors get another identity when the dashboard starts again: %s cannot be used (%s).",
            path,
            error,
        )
        return secrets.token_bytes(KEY_BYTES)
    if len(key) != KEY_BYTES:
        raise InputRefused(f"The file {path} is damaged: delete it, and a new key is made at the next start.")
    return key


def _create(path: Path) -> None:
    """Makes the file in one step: another dashboard may do so at the same time, or the disk be full."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        if not path.exists():
            os.link(draft, path)
    except FileExistsError:
        pass  # the other one was faster: its key counts
    finally:
        draft.unlink(missing_ok=True)


def cookie_name(key: bytes) -> str:
    """Browsers send cookies to every port of a machine: dashboards with other keys have other names."""
    return f"cnnlab_visitor_{hashlib.sha256(key).hexdigest()[:8]}"


def signed(visitor: str, key: bytes) -> str:
    """The value of a visitor's cookie."""
    return _signer(key).sign(visitor).decode()


def visitor_id(cookies: Mapping[str, str], key: bytes) -> str:
    """The id in the cookie; empty without one, and where the cookie was not signed with this key."""
    try:
        return _signer(key).unsign(cookies.get(cookie_name(key), "")).decode()
    except (BadSignature, UnicodeError):
        return ""


def _signer(key: bytes) -> Signer:
    return Signer(key, salt="cnnlab visitor", digest_method=hashlib.sha256)
