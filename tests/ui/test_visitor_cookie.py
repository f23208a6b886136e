"""The visitors' cookie, as browsers meet it: who gets which id, what is signed, and where the key is kept."""

import asyncio
import stat
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse

from cnnlab import store_address
from cnnlab.errors import InputRefused
from cnnlab.ui import visitor_cookie
from cnnlab.ui.visitor_cookie import (
    KEY_BYTES,
    KEY_FILE,
    VisitorCookie,
    cookie_name,
    signed,
    signing_key,
    visitor_id,
)

SECRET = "a secret of many characters"
FORGED = [
    "",
    "0123456789abcdef",
    "0123456789abcdef.",
    "0123456789abcdef.c2lnbmF0dXJl",
    signed("0123456789abcdef", b"another key"),
    signed("0123456789abcdef", SECRET.encode()) + "x",
    signed("0123456789abcdef", SECRET.encode()).replace("0", "1", 1),
    "....",
    "%ff%fe",
    "x" * 5000,
]


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNLAB_SECRET", SECRET)


class Answer(NamedTuple):
    """What a browser got: which visitor the server saw, and the header that sets the cookie."""

    visitor: str
    set_cookie: str

    @property
    def cookie(self) -> Morsel:
        [morsel] = SimpleCookie(self.set_cookie).values()
        return morsel


class Browser:
    """Asks the middleware as a server does, and keeps the cookies that it is given."""

    def __init__(self, scheme: str = "http", cookies: dict[str, str] | None = None) -> None:
        self._scheme = scheme
        self.cookies = dict(cookies or {})

    def open(self, *headers: tuple[str, str], accept: str = "text/html") -> Answer:
        """Opens a page."""
        return self._ask("http", ("accept", accept), *headers)

    def connect(self, *headers: tuple[str, str]) -> Answer:
        """Opens the WebSocket of a page."""
        return self._ask("websocket", *headers)

    def _ask(self, kind: str, *headers: tuple[str, str]) -> Answer:
        sent: list[dict[str, Any]] = []
        seen: list[dict[str, str]] = []

        async def app(scope, receive, send) -> None:
            seen.append(HTTPConnection(scope).cookies)
            if kind == "websocket":
                await send({"type": "websocket.accept"})
            else:
                await PlainTextResponse("the page")(scope, receive, send)

        async def send(message) -> None:
            sent.append(dict(message))

        async def receive() -> dict[str, Any]:
            return {"type": "http.request"}

        if self.cookies:
            headers += (("cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items())),)
        scheme = self._scheme if kind == "http" else self._scheme.replace("http", "ws")
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        scope = {"type": kind, "scheme": scheme, "method": "GET", "path": "/", "headers": encoded}
        asyncio.run(VisitorCookie(app)(scope, receive, send))
        given = [
            value.decode() for name, value in sent[0].get("headers", ()) if name.lower() == b"set-cookie"
        ]
        for text in given:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(text).items()}
        self.seen = seen[0]
        return Answer(visitor_id(seen[0], signing_key()), "".join(given))


def test_a_browser_keeps_its_id_and_another_one_has_another():
    ann, ben = Browser(), Browser()
    first = ann.open().visitor
    assert len(first) == 16
    assert [ann.open().visitor, ann.connect().visitor] == [first, first]
    assert ben.open().visitor not in ("", first)


def test_the_first_page_and_a_websocket_without_a_page_see_an_id_at_once():
    for answer in (Browser().open(), Browser().connect()):
        assert answer.visitor
        kept = {answer.cookie.key: answer.cookie.value}
        assert visitor_id(kept, SECRET.encode()) == answer.visitor


def test_a_known_visitors_websocket_sets_nothing_and_each_page_prolongs_the_cookie():
    ann = Browser()
    first = ann.open()
    assert ann.connect().set_cookie == ""
    assert ann.open().set_cookie == first.set_cookie


@pytest.mark.parametrize("value", FORGED)
@pytest.mark.parametrize("kind", ["open", "connect"])
def test_a_forged_or_damaged_cookie_gives_a_new_id(kind, value):
    forger = Browser(cookies={"other": "1", cookie_name(SECRET.encode()): value})
    answer = getattr(forger, kind)()
    assert answer.visitor not in ("", "0123456789abcdef", "1123456789abcdef")
    assert getattr(forger, kind)().visitor == answer.visitor  # from now on


def test_other_cookies_of_the_request_stay():
    browser = Browser(cookies={"_xsrf": "2|a|b", "theme": "dark"})
    browser.open()
    assert browser.seen == {"_xsrf": "2|a|b", "theme": "dark"} | browser.cookies
    assert len(browser.seen) == 3


def test_scripts_and_monitors_get_no_cookie():
    answer = Browser().open(accept="*/*")
    assert answer == Answer("", "")


def test_no_script_reads_the_cookie_and_no_other_site_sends_it():
    cookie = Browser().open().cookie
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/"
    assert not cookie["secure"] and int(cookie["max-age"]) == 400 * 24 * 3600


def test_where_the_browser_came_by_https_the_cookie_goes_by_https_alone():
    assert Browser("https").open().cookie["secure"]
    assert Browser("https").connect().cookie["secure"]
    assert Browser().open(("x-forwarded-proto", "https")).cookie["secure"]


def test_in_a_frame_of_another_site_the_cookie_is_set_apart(monkeypatch):
    monkeypatch.setenv("CNNLAB_FRAME_ANCESTORS", "https://lms.example.org")
    assert Browser("https").open().set_cookie.endswith("SameSite=None; Secure; Partitioned")
    assert Browser("http").open().set_cookie.endswith("SameSite=Lax")


def test_dashboards_with_one_secret_know_each_others_visitors_and_with_others_do_not_clash(monkeypatch):
    """Browsers send their cookies to every port of a machine."""
    ann = Browser()
    first = ann.open().visitor
    assert Browser(cookies=ann.cookies).open().visitor == first
    monkeypatch.setenv("CNNLAB_SECRET", "the secret of another dashboard")
    second = ann.open().visitor
    assert second not in ("", first)
    monkeypatch.setenv("CNNLAB_SECRET", SECRET)
    assert ann.open().visitor == first
    monkeypatch.setenv("CNNLAB_SECRET", "the secret of another dashboard")
    assert ann.open().visitor == second


def test_a_short_secret_is_refused(monkeypatch):
    monkeypatch.setenv("CNNLAB_SECRET", "short")
    with pytest.raises(InputRefused, match="CNNLAB_SECRET must have at least 16 characters"):
        VisitorCookie(PlainTextResponse("the page"))


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A new folder for the store, and no secret in the environment."""
    monkeypatch.delenv("CNNLAB_SECRET")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/new/mlflow.db")
    return tmp_path / "new"


def forget() -> None:
    """As a new process."""
    visitor_cookie._kept_key.cache_clear()


def test_the_key_is_kept_beside_the_store_for_its_owner_alone(folder):
    key = signing_key()
    assert (folder / KEY_FILE).read_bytes() == key and len(key) == KEY_BYTES
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == [KEY_FILE]
    forget()
    assert signing_key() == key


def test_with_a_store_elsewhere_the_key_is_kept_where_a_local_one_would_be(folder, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example.org")
    monkeypatch.setattr(store_address, "RUNS_FOLDER", folder)
    assert signing_key() == (folder / KEY_FILE).read_bytes()


def test_dashboards_that_start_at_the_same_time_agree_on_the_key(folder):
    folder.mkdir()
    path = folder / KEY_FILE
    threads = [Thread(target=visitor_cookie._create, args=(path,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.name for path in folder.iterdir()] == [KEY_FILE] and path.stat().st_size == KEY_BYTES


def test_a_damaged_key_is_told(folder):
    folder.mkdir()
    (folder / KEY_FILE).write_bytes(b"short")
    with pytest.raises(InputRefused, match="is damaged: delete it"):
        signing_key()


def test_where_the_key_cannot_be_kept_it_lasts_as_long_as_the_process(folder, monkeypatch, caplog):
    def no_space(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(visitor_cookie, "_create", no_space)
    key = signing_key()
    assert len(key) == KEY_BYTES and signing_key() == key
    assert "Visitors get another identity when the dashboard starts again" in caplog.text
    assert "No space left" in caplog.text
