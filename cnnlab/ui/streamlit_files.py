"""Streamlit's own scripts, styles and fonts: sent from memory, and announced before a page needs them.

A first page takes some 120 of these files. Streamlit serves each by several threads, which take turns with
whatever Python does meanwhile, and its script asks for half of them only when the first elements have come.
Their names carry a hash of what is in them, so a browser keeps them.
"""

import functools
import re
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

TYPES = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}
HEADERS = {"Cache-Control": "public, immutable, max-age=31536000"}
PATH = re.compile(r"/static/(?:js|css|media)/([\w.-]+)$", re.ASCII)
CONDITIONS = (b"range", b"if-none-match", b"if-modified-since")  # of requests that Streamlit answers itself
IMPORTED = re.compile(rb"""(?:from|import)["']\./([\w.-]+\.js)["']""")  # not by `import(…)`
BEGINNING = 12_000  # bytes of a script, among which are its imports
FIRST_PAGE = (  # kinds of elements, as Streamlit's scripts are named
    "BidiComponent",
    "Button",
    "ButtonGroup",
    "Checkbox",
    "Html",
    "NumberInput",
    "Selectbox",
    "Slider",
    "Spinner",
)
LATER_PAGES = ("DataFrame", "Multiselect", "PageLink", "Table", "TextInput")


class StreamlitFiles:
    """ASGI middleware: answers requests for these files; all others go on."""

    def __init__(self, app: ASGIApp, folder: Path | None = None) -> None:
        """`folder`: where they are; by default that of the installed Streamlit."""
        self._app = app
        self._paths = {path.name: path for path in _folder(folder).glob("*/*") if path.suffix in TYPES}
        self._content = functools.cache(Path.read_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        path = self._path(scope)
        if path is None:
            await self._app(scope, receive, send)
        else:
            response = Response(self._content(path), headers=HEADERS, media_type=TYPES[path.suffix])
            await response(scope, receive, send)

    def _path(self, scope: Scope) -> Path | None:
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        if any(name in CONDITIONS for name, _ in scope["headers"]):
            return None
        named = PATH.search(scope["path"])
        return self._paths.get(named[1]) if named else None


def _folder(folder: Path | None = None) -> Path:
    return folder or Path(str(files("streamlit") / "static" / "static"))


def addresses(kinds: Iterable[str], folder: Path | None = None) -> list[str]:
    """The addresses of the scripts that draw these kinds of elements, and of all that they import.

    Relative to a page; those that this version of Streamlit does not have are left out.
    """
    scripts = _folder(folder) / "js"
    begun = [path.name for kind in kinds for path in sorted(scripts.glob(f"{kind}.*.js"))]
    found: dict[str, None] = {}
    while begun:
        name = begun.pop(0)
        if name not in found and (scripts / name).exists():
            found[name] = None
            begun += imported_by(scripts / name)
    return [f"./static/js/{name}" for name in found]


@functools.cache
def imported_by(script: Path) -> list[str]:
    """The names of the scripts that a script imports at once."""
    with script.open("rb") as file:
        return [name.decode() for name in IMPORTED.findall(file.read(BEGINNING))]
