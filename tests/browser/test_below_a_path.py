"""The dashboard below a path: Streamlit's own setting for it, and proxies that strip a prefix."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import ROOT, dashboard, watch
from tests.browser.proxy import stripping_proxy
from tests.servers import answers, free_port, wait_for

PATH = "/labs/images"
NO_TRAINER = "tcp://127.0.0.1:1"  # these tests need no worker, so none is started
NGINX = shutil.which("nginx")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("below") / "server.log"


@pytest.fixture
def below_base_path(log: Path) -> Iterator[str]:
    options = ("--server.baseUrlPath", PATH.strip("/"))
    with dashboard(log, *options, path=PATH, CNNLAB_SCHEDULER=NO_TRAINER) as address:
        yield address


@pytest.fixture
def behind_proxy(server: str) -> Iterator[str]:
    with stripping_proxy(urlsplit(server).port or 0, PATH, free_port()) as address:
        yield address


@pytest.fixture
def behind_nginx(server: str, tmp_path: Path) -> Iterator[str]:
    """nginx with the location that the README shows."""
    if not NGINX:
        pytest.skip("nginx is not installed")
    [location] = re.findall(r"```nginx\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    location = location.replace("location /cnnlab/", f"location {PATH}/")
    location = location.replace("127.0.0.1:8501", urlsplit(server).netloc)
    port, log = free_port(), tmp_path / "error.log"
    folders = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/nginx.pid; error_log {log}; events {{}}\n"
        f"http {{ access_log off; {folders} server {{ listen 127.0.0.1:{port};\n{location}\n}} }}"
    )
    command = [NGINX, "-e", str(log), "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    process = subprocess.Popen(command)
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}{PATH}/cnnlab/health"), process, log)
        yield f"http://127.0.0.1:{port}{PATH}"
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.parametrize("place", ["below_base_path", "behind_proxy", "behind_nginx"])
def test_figures_are_drawn_and_pages_turned_below_a_path(
    place: str, request: pytest.FixtureRequest, window: BrowserContext
):
    address = request.getfixturevalue(place)
    page, errors = window.new_page(), []
    watch(page, errors)
    page.goto(f"{address}/")
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    page.get_by_test_id("stTopNavLinkContainer").get_by_text("Studies").first.click()
    expect(page.get_by_test_id("stMain").get_by_role("heading", level=1)).to_have_text("Studies")
    assert urlsplit(page.url).path == f"{PATH}/studies"
    page.close()
    assert errors == []


def test_a_link_to_a_page_below_a_path_opens_that_page_with_its_figures(
    behind_proxy: str, window: BrowserContext
):
    page = window.new_page()
    page.goto(f"{behind_proxy}/train?v=1&filters=24")
    expect(page.get_by_test_id("stMain").get_by_role("heading", level=1)).to_have_text("Lab")
    expect(page.get_by_test_id("stMain")).to_contain_text("CNN 24-24")
    page.get_by_test_id("stTopNavLinkContainer").get_by_text("Studies").first.click()
    expect(page.get_by_test_id("stMain").get_by_role("heading", level=1)).to_have_text("Studies")
    page.get_by_test_id("stTopNavLinkContainer").get_by_text("Lab").first.click()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    page.close()
