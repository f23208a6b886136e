"""The dashboard as an ASGI application: `streamlit run app.py`.

The pages are scripts that `cnnlab/ui/shell.py` lists. This file holds what lives as long as the server:
the trainer, and two routes beside the pages.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.resources import as_file, files

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import Route

from cnnlab.ui import preload
from cnnlab.ui.cached.trainer import trainer


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncGenerator[None]:
    """The trainer starts and ends with the server."""
    with trainer().running():
        preload.start(trainer())
        yield


async def health(request: Request) -> JSONResponse:
    """Whether trainings can start, for scripts and monitors."""
    status = trainer().status()
    return JSONResponse({"state": status.state, "trainer": str(status)})


async def plotly_script(request: Request) -> FileResponse:
    """Plotly's own script out of the installed package; its address carries the version."""
    with as_file(files("plotly") / "package_data" / "plotly.min.js") as path:
        return FileResponse(path, headers={"Cache-Control": "public, max-age=31536000, immutable"})


app = st.App(
    "cnnlab/ui/shell.py",
    lifespan=lifespan,
    routes=[Route("/cnnlab/health", health), Route("/cnnlab/plotly.min.js", plotly_script)],
)
