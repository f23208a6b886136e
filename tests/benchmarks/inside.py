"""How fast the pages that look inside are: questions to the workers, pictures, and answers to a drawing.

To be run by hand, from the folder of the README: `python -m tests.benchmarks.inside`. It takes about two
minutes, keeps nothing, prints the table as markdown, and ends with status 1 where a target is missed.
Times depend on the machine and on what else it does: quote them with both.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.benchmarks.pages import Measured, milliseconds, server, table
from tests.browser.conftest import DESKTOP, PATIENCE, chromium

TIMES = 21
WARM_UP = 3  # first ones that are not counted
TILES = 512
TRAINED = "images=2000&epochs=1"
LONG_TRAININGS = "images=10000&epochs=500"
MINUTE = 60_000  # milliseconds

# Resolves to the milliseconds between the lifting of the pen and the picture that both networks answered.
LIFT_TO_ANSWER = """() => { window.milliseconds = undefined; new Promise(resolve => {
  const shown = () => document.querySelector('[data-testid="stImage"] img')?.src;
  const before = shown();
  window.addEventListener("pointerup", () => {
    const lifted = performance.now();
    const look = () => shown() && shown() !== before && requestAnimationFrame(() => {
      observer.disconnect();
      resolve(performance.now() - lifted);
    });
    const observer = new MutationObserver(look);
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
  }, { once: true, capture: true });
}).then(found => { window.milliseconds = found }) }"""


def main() -> None:
    """Measures, prints, judges."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/asked.db"
        measured = [composed(), asked()]
        browser = chromium(playwright)
        expect.set_options(timeout=PATIENCE)
        measured += drawn(browser, Path(folder))
        browser.close()
    print(table(measured))
    sys.exit(not all(each.met for each in measured))


def timed(act: Callable[[], object]) -> list[float]:
    """Milliseconds of each time."""
    times = []
    for _ in range(WARM_UP + TIMES):
        began = time.perf_counter()
        act()
        times.append((time.perf_counter() - began) * 1000)
    return times[WARM_UP:]


def composed() -> Measured:
    """Maps of the lab's second convolution as one picture."""
    from cnnlab.views.pictures.tiles import scale_limit, tile_png

    tiles = np.random.default_rng(0).normal(size=(TILES, 11, 11)).astype(np.float32)
    times = timed(lambda: tile_png(tiles, scale_limit(tiles)))
    return Measured(f"{TILES} tiles of 11×11 composed as PNG", times, 100)


def asked() -> Measured:
    """All feature maps of an image in the lab network, from the request to the arrays, by an idle worker."""
    from cnnlab import runs
    from cnnlab.spec import PRESETS
    from cnnlab.trainer.trainer import Trainer
    from cnnlab.worker import answers

    images = np.random.default_rng(0).random((WARM_UP + TIMES, 28, 28, 1), np.float32)
    trainer = Trainer()
    with trainer.running():
        while trainer.status().state != "ready":
            time.sleep(0.1)
        spec = PRESETS["lab"].with_setting("data.images", 500).with_setting("training.epochs", 1)
        comparison = trainer.trainings.submit(spec.model_copy(update={"baseline": None}))
        while (run := runs.members(comparison)["model"]).active:
            time.sleep(0.1)
        turns = iter(images)
        times = timed(lambda: trainer.questions.ask(answers.layer_outputs, run.run_id, 1, next(turns)))
    return Measured("feature maps of an image, lab network, idle", times, 150)


def drawn(browser: Browser, folder: Path) -> list[Measured]:
    """From the lifting of the pen to the answers: idle, then while two networks train."""
    with server(folder) as address:
        context = browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        train = context.new_page()
        train.goto(f"{address}/train?{TRAINED}")
        expect(train.locator(".st-key-train button")).to_be_enabled(timeout=2 * MINUTE)
        train.locator(".st-key-train button").click()
        expect(train.get_by_role("heading", name="Result")).to_be_visible(timeout=2 * MINUTE)
        page = context.new_page()
        page.goto(f"{address}/inside")
        page.locator(".st-key-image_source").get_by_text("Draw", exact=True).click()

        idle = Measured("pen lifted to both answers, idle", strokes(page), 300)
        train.goto(f"{address}/train?{LONG_TRAININGS}")
        train.bring_to_front()
        expect(train.locator(".st-key-train button")).to_be_enabled(timeout=MINUTE)
        train.locator(".st-key-train button").click()
        expect(train.get_by_text("training on")).to_have_count(2, timeout=MINUTE)
        train.close()
        page.bring_to_front()
        return [idle, Measured("pen lifted to both answers, two networks train", strokes(page), 300)]


def strokes(page: Page) -> list[float]:
    """Draws lines, one after the other, with the mouse."""
    canvas = page.locator(".cnnlab-pad-canvas")
    canvas.scroll_into_view_if_needed()
    times = []
    for number in range(WARM_UP + TIMES):
        box = canvas.bounding_box()
        x, y = box["x"] + box["width"] * (0.2 + 0.025 * number), box["y"] + box["height"] * 0.3
        page.evaluate(LIFT_TO_ANSWER)
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 5, y + 40 + 3 * number, steps=4)
        page.mouse.up()
        times.append(milliseconds(page))
        page.wait_for_timeout(300)
    return times[WARM_UP:]


if __name__ == "__main__":
    main()
