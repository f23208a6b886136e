"""Streamlit's own files come from memory as they are on the disk; what is asked otherwise goes on."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import streamlit
from starlette.responses import PlainTextResponse

from cnnlab.ui.streamlit_files import FIRST_PAGE, IMPORTED, LATER_PAGES, TYPES, StreamlitFiles, addresses

FOLDER = Path(streamlit.__file__).parent / "static/static"
SLIDER = next(FOLDER.glob("js/Slider.*.js"))


def ask(
    path: str, method: str = "GET", headers: list[tuple[bytes, bytes]] | None = None
) -> list[dict[str, Any]]:
    """What a browser gets: from the files, or 'Streamlit' from what stands behind them."""
    sent: list[dict[str, Any]] = []

    async def send(message) -> None:
        sent.append(dict(message))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    scope = {"type": "http", "method": method, "path": path, "headers": headers or []}
    asyncio.run(StreamlitFiles(PlainTextResponse("Streamlit"))(scope, receive, send))
    return sent


@pytest.mark.parametrize("prefix", ["", "/below/a/path"])
@pytest.mark.parametrize("suffix", TYPES)
def test_a_file_is_sent_whole_to_be_kept(prefix, suffix):
    file = next(path for path in sorted(FOLDER.glob("*/*")) if path.suffix == suffix)
    start, body = ask(f"{prefix}/static/{file.parent.name}/{file.name}")
    assert body["body"] == file.read_bytes()
    headers = dict(start["headers"])
    assert headers[b"cache-control"] == b"public, immutable, max-age=31536000"
    assert headers[b"content-type"].startswith(TYPES[suffix].encode())
    assert int(headers[b"content-length"]) == file.stat().st_size


@pytest.mark.parametrize(
    ("path", "method", "headers"),
    [
        ("/static/js/none.js", "GET", []),
        ("/static/js/../../index.html", "GET", []),
        ("/static/js/..%2fapp.py", "GET", []),
        ("/", "GET", []),
        (f"/static/js/{SLIDER.name}", "HEAD", []),
        (f"/static/js/{SLIDER.name}", "GET", [(b"range", b"bytes=0-9")]),
        (f"/static/js/{SLIDER.name}", "GET", [(b"if-none-match", b'"a"')]),
    ],
)
def test_what_is_no_such_file_or_is_asked_otherwise_goes_on(path, method, headers):
    assert ask(path, method, headers)[1]["body"] in (b"Streamlit", b"")
    assert (b"content-length", b"9") in ask(path, method, headers)[0]["headers"]


@pytest.mark.parametrize("kind", [*FIRST_PAGE, *LATER_PAGES])
def test_this_streamlit_has_a_script_for_every_kind(kind):
    assert any(f"/{kind}." in address for address in addresses([kind]))


def test_with_a_script_comes_all_that_it_imports():
    announced = {Path(address).name for address in addresses(["Slider"])}
    assert SLIDER.name in announced and len(announced) > 10
    for name in announced:
        whole = (FOLDER / "js" / name).read_bytes()
        assert {found.decode() for found in IMPORTED.findall(whole)} <= announced


def test_a_kind_that_streamlit_does_not_have_is_left_out():
    assert addresses(["NoSuchElement"]) == []
