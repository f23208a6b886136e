"""Images of one's own, from a zip to an exported bundle, as a person brings them."""

import io
import re
import zipfile

import numpy as np
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.browser.test_browser import (
    PATIENCE_WITH_TRAINER,
    PHONE,
    button,
    control,
    expect_no_scrolling_sideways,
    expect_result,
    train,
)

MINUTES = 120_000  # milliseconds
SMALL = "same_blocks=true&filters=4&dense_units=8&units=8&epochs=2&batch_size=16"
SHAPES = ("disc", "square", "bar")
EACH = 20  # pictures


def pictures() -> bytes:
    """A zip of three classes in colour, of different sizes, with a note among them."""
    generator = np.random.default_rng(7)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for shape in SHAPES:
            for number in range(EACH):
                width, height = map(int, generator.integers(24, 60, 2))
                picture = Image.new("RGB", (width, height), tuple(map(int, generator.integers(0, 90, 3))))
                box = [width * 0.25, height * 0.25, width * 0.75, height * (0.35 if shape == "bar" else 0.75)]
                colour = tuple(map(int, generator.integers(160, 256, 3)))
                draw = ImageDraw.Draw(picture)
                (draw.ellipse if shape == "disc" else draw.rectangle)(box, fill=colour)
                file = io.BytesIO()
                picture.save(file, "PNG")
                archive.writestr(f"shapes/{shape}/{number}.png", file.getvalue())
        archive.writestr("shapes/disc/notes.txt", "no picture")
    return content.getvalue()


def bring(page: Page, content: bytes) -> None:
    page.get_by_role("tab", name="Bring your own").click()
    zipped = {"name": "my shapes.zip", "mimeType": "application/zip", "buffer": content}
    page.locator("input[type=file]").first.set_input_files(zipped)
    expect(page.get_by_text("1 file cannot be used")).to_be_visible()


def test_pictures_in_a_zip_are_brought_trained_on_looked_into_compared_and_exported(open_page, tmp_path):
    page = open_page(f"data?{SMALL}")
    bring(page, pictures())
    expect(
        page.get_by_text(re.compile("To be stored: 48 images for training and 12 for test"))
    ).to_be_visible()
    button(page, "add_data_set").click()
    expect(page.get_by_text("Added 'my shapes'")).to_be_visible()
    button(page, "use_data_set").click()
    expect(page).to_have_url(re.compile(r"dataset=my-shapes-[0-9a-f]{12}"))
    train(page)
    expect(button(page, "stop")).to_be_disabled(timeout=PATIENCE_WITH_TRAINER)
    expect_result(page)

    page.get_by_test_id("stTopNav").get_by_role("link", name="Inside").click()
    expect(page.get_by_text(re.compile("Test image 1: (disc|square|bar)")).first).to_be_visible(
        timeout=MINUTES
    )
    control(page, "section").get_by_text("Filters", exact=True).click()
    expect(page.get_by_text("Channel by channel")).to_be_visible(timeout=MINUTES)

    page.get_by_test_id("stTopNav").get_by_role("link", name="Compare").click()
    expect(page.get_by_text("12 test images").first).to_be_visible(timeout=MINUTES)
    control(page, "compare_section").get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Bundle").first.click()
    download.value.save_as(tmp_path / "bundle.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        assert {"train.py", "notebook.ipynb", "images.npz"} <= set(archive.namelist())
        assert "FINGERPRINT" in archive.read("train.py").decode()


def test_the_page_data_fits_a_phone_in_the_dark(open_page):
    page = open_page("data?dataset=shapes", size=PHONE, color_scheme="dark")
    expect(page.get_by_text("Suspected label errors")).to_be_visible()
    expect_no_scrolling_sideways(page)
    page.get_by_role("tab", name="Bring your own").click()
    expect(page.get_by_text("A zip with one folder of pictures for each class")).to_be_visible()
    expect_no_scrolling_sideways(page)
