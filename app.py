"""The dashboard as an ASGI application: `streamlit run app.py`.

The pages are scripts that `cnnlab/ui/shell.py` lists. This file holds what lives as long as the server:
the trainer, two routes beside the pages, the gate before all of them, the cookie that tells visitors apart,
and what the page's head has before any script runs. What takes long to load is loaded inside functions, once
the trainer's process has been started and the server answers: see `cnnlab.ui.opening`.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from http import HTTPStatus
from importlib.resources import as_file, files

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from cnnlab.errors import InputRefused
from cnnlab.trainer.embedded import KeptTrainer, kept_trainer
from cnnlab.trainer.limits import Limits
from cnnlab.ui import streamlit_files
from cnnlab.ui.components import plotly_address
from cnnlab.ui.gate import Gate
from cnnlab.ui.opening import Opening, WaitForOpening
from cnnlab.ui.page_head import PageHead
from cnnlab.ui.visitor_cookie import VisitorCookie

opening = Opening()


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncGenerator[None]:
    """The trainer starts and ends with the server."""
    with kept_trainer() as embedded, ExitStack() as running:
        thread = opening.begin(lambda: connect(embedded, running))
        yield
        await asyncio.to_thread(thread.join)


def connect(embedded: KeptTrainer | None, running: ExitStack) -> None:
    """Connects the pages to the trainer, for as long as the server runs."""
    from cnnlab.ui import background
    from cnnlab.ui.cached.trainer import sweep_driver, trainer

    running.enter_context(trainer().running(embedded))
    background.start(trainer(), sweep_driver())


async def health(request: Request) -> JSONResponse:
    """Whether trainings can start, for scripts and monitors; the status code is 503 if none can."""
    if not opening.is_done:
        return JSONResponse({"state": "warming up", "trainer": "Trainer warming up", "gpu": ""})
    from cnnlab.ui.cached.trainer import trainer

    status = await asyncio.to_thread(trainer().status)
    code = HTTPStatus.SERVICE_UNAVAILABLE if status.state == "failed" else HTTPStatus.OK
    answer = {"state": status.state, "trainer": str(status), "gpu": status.gpu_problem}
    return JSONResponse(answer, code)


async def plotly_script(request: Request) -> FileResponse:
    """Plotly's own script out of the installed package; its address carries the version."""
    with as_file(files("plotly") / "package_data" / "plotly.min.js") as path:
        return FileResponse(path, headers={"Cache-Control": "public, max-age=31536000, immutable"})


def below_any_path(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> list[Route]:
    """A route at the server's root and below any path, such as `server.baseUrlPath`."""
    return [Route(f"/{path}", endpoint), Route(f"/{{prefix:path}}/{path}", endpoint)]


def configured_hosts() -> list[str]:
    """The names of this server in Streamlit's settings, read once these are loaded."""
    addresses = [st.get_option("server.address"), st.get_option("browser.serverAddress")]
    return [*filter(None, addresses), *st.get_option("server.allowedHosts")]


def require_settings() -> None:
    """Ends the program with a sentence, and no traceback, where a limit in the environment is no number."""
    try:
        Limits.of_environment()
    except InputRefused as error:
        sys.exit(str(error))


require_settings()
app = st.App(
    "cnnlab/ui/shell.py",
    lifespan=lifespan,
    routes=[
        *below_any_path("cnnlab/health", health),
        *below_any_path(plotly_address.PATH, plotly_script),
    ],
    middleware=[
        Middleware(Gate, configured_hosts=configured_hosts),
        Middleware(VisitorCookie),
        Middleware(
            PageHead,
            soon=streamlit_files.addresses(streamlit_files.FIRST_PAGE),
            later=[*streamlit_files.addresses(streamlit_files.LATER_PAGES), f"./{plotly_address.address()}"],
        ),
        Middleware(streamlit_files.StreamlitFiles),
        Middleware(WaitForOpening, opening=opening),
    ],
)
