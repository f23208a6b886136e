"""The head of Streamlit's own page is completed on its way to the browser; nothing else is touched."""

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, StreamingResponse
from starlette.routing import Route

from cnnlab.ui.page_head import END_OF_HEAD, TITLE, PageHead, addition

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
AS_A_BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-encoding": "gzip"}


def page(request: Request) -> FileResponse:
    return FileResponse(INDEX)


def in_parts(request: Request) -> StreamingResponse:
    text = INDEX.read_text()
    return StreamingResponse(iter([text[:500], text[500:]]), media_type="text/html")


def data(request: Request) -> JSONResponse:
    return JSONResponse({"head": "</head>"})


def missing(request: Request) -> HTMLResponse:
    return HTMLResponse("<head></head>", 404)


ANSWERS = {"/": page, "/parts": in_parts, "/data": data, "/missing": missing}
APP = Starlette(
    routes=[Route(path, answer) for path, answer in ANSWERS.items()],
    middleware=[Middleware(PageHead), Middleware(GZipMiddleware)],
)


class Answer(NamedTuple):
    status: int
    headers: Headers
    body: bytes


def ask(path: str, headers: dict[str, str], method: str = "GET") -> Answer:
    """What a server would send for this request."""
    sent: list[dict[str, Any]] = []

    async def send(message) -> None:
        sent.append(dict(message))

    async def receive() -> dict[str, Any]:
        return await asyncio.Future()  # nothing more comes

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": raw}
    asyncio.run(APP(scope, receive, send))
    start, *parts = sent
    body = b"".join(part.get("body", b"") for part in parts)
    return Answer(start["status"], Headers(raw=start["headers"]), body)


@pytest.mark.parametrize("path", ["/", "/parts"])
def test_a_page_gets_its_title_the_styles_and_the_curtain(path):
    answer = ask(path, AS_A_BROWSER)
    expected = INDEX.read_bytes().replace(*TITLE).replace(END_OF_HEAD, addition().encode() + END_OF_HEAD)
    assert answer.body == expected
    assert int(answer.headers["content-length"]) == len(expected)
    assert b"cnnlab-curtain" in answer.body and b".st-key-verdict" in answer.body


def test_scripts_of_the_first_page_are_announced_and_those_of_later_pages_fetched_when_it_is_drawn():
    html = addition(["./static/js/Slider.1.js"], ["./static/js/Table.2.js"])
    assert '<link rel="modulepreload" href="./static/js/Slider.1.js">' in html
    assert '"./static/js/Table.2.js"' in html.partition("</script>")[0] and "ADDRESSES" not in html


def test_streamlits_page_has_the_places_once_each():
    index = INDEX.read_bytes()
    assert index.count(TITLE[0]) == 1 and index.count(END_OF_HEAD) == 1


def test_an_older_copy_in_the_browser_is_never_taken_for_the_same():
    tag = ask("/", {}).headers["etag"]
    answer = ask("/", AS_A_BROWSER | {"if-none-match": tag})
    assert answer.status == 200 and "etag" not in answer.headers


@pytest.mark.parametrize("path", ["/data", "/missing"])
def test_other_answers_stay_as_they_are(path):
    answer = ask(path, AS_A_BROWSER)
    assert b"cnnlab" not in answer.body and b"</head>" in answer.body


def test_who_asks_for_no_page_gets_the_file():
    assert ask("/", {"accept": "*/*"}).body == INDEX.read_bytes()
    head = ask("/", AS_A_BROWSER, "HEAD")
    assert (head.status, head.body) == (200, b"")
