"""A real dashboard, killed while a Dask cluster trains for it, and another one that takes its place."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from cnnlab import runs, store_address
from tests.browser.conftest import PATIENCE, chromium, dashboard
from tests.dask_cluster import DaskCluster, dask_cluster
from tests.servers import process_at
from tests.waiting import wait_until

PATIENCE_WITH_TRAINER = 120_000  # milliseconds
LONG = "?filters=8&epochs=500"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("cluster"), {}, workers=2) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def window() -> Iterator[BrowserContext]:
    """One person's: the dashboards of a store know a visitor by the same cookie."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        yield browser.new_context()
        browser.close()


def opened(window: BrowserContext, address: str) -> Page:
    page = window.new_page()
    page.goto(address)
    expect(page.get_by_test_id("stMain").get_by_role("heading", level=1)).to_be_visible()
    return page


def test_trainings_of_a_killed_dashboard_go_on_and_the_next_one_steers_them(cluster, window, tmp_path):
    places = {"CNNLAB_SCHEDULER": cluster.address, "MLFLOW_TRACKING_URI": store_address.store_uri()}
    before = {run.run_id for run in runs.active()}

    def ours() -> list[runs.Run]:
        return [run for run in runs.active() if run.run_id not in before]

    with (
        dashboard(tmp_path / "first.log", **places) as address,
        dashboard(tmp_path / "second.log", **places) as other,
    ):
        page = opened(window, f"{address}/{LONG}")
        train = page.locator(".st-key-train button")
        expect(train).to_be_enabled(timeout=PATIENCE_WITH_TRAINER)
        train.click()
        wait_until(lambda: [run.status for run in ours()] == ["training"] * 2, seconds=120)
        process_at(address).kill()  # what is below it is the cluster's or nobody's
        page.close()
        steps = [len(runs.curves([run.run_id])) for run in ours()]
        wait_until(lambda: all(len(runs.curves([run.run_id])) > steps[n] for n, run in enumerate(ours())))

        page = opened(window, other)
        expect(page.get_by_text("training on CPU").first).to_be_visible(timeout=PATIENCE_WITH_TRAINER)
        page.locator(".st-key-stop button").click()
        wait_until(lambda: not ours(), seconds=60)
        page.close()
    assert "Traceback" not in (tmp_path / "second.log").read_text()
