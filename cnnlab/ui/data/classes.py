"""What each class looks like: its mean image, and some of its training images."""

import numpy as np
import streamlit as st

from cnnlab.evidence.images import class_counts, examples
from cnnlab.ui.cached import dataset_numbers
from cnnlab.ui.data.choice import Chosen
from cnnlab.ui.plain_text import plain
from cnnlab.views.pictures.stored_images import images_png

CLASSES_A_PAGE = 20
SAMPLES, COLUMNS = 12, 6
MEAN_WIDTH, SAMPLES_WIDTH = 72, 228  # pixels on the page


def render(chosen: Chosen) -> None:
    """A card for each class, a page of them at a time where there are many."""
    classes = chosen.info.classes
    st.subheader("Classes", anchor=False)
    st.caption(
        "For each class the mean of its training images, pixel by pixel, and some of them. Where the mean is "
        "sharp, the images of the class lie alike, and a dense network can compare with it; where it is a "
        "blur, they do not."
    )
    pages = -(-len(classes) // CLASSES_A_PAGE)
    page = st.pagination(pages, key=f"classes_of_{chosen.dataset}") if pages > 1 else 1
    counts = class_counts(chosen.images.y_train, len(classes))
    means = dataset_numbers.means(chosen.key, len(classes), chosen.images)
    grid = st.grid("auto", min_column_width=335, border=True)
    for number in range((page - 1) * CLASSES_A_PAGE, min(page * CLASSES_A_PAGE, len(classes))):
        with grid.cell():
            st.markdown(f"**{plain(classes[number])}** · {counts[number]:,} training images")
            if counts[number]:
                _pictures(chosen, number, means[number])


def _pictures(chosen: Chosen, number: int, mean: np.ndarray) -> None:
    name = chosen.info.classes[number]
    shown = examples(chosen.images.y_train, number, SAMPLES)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.image(images_png(mean[None], 1, MEAN_WIDTH), alt=f"{name}: the mean image", width=MEAN_WIDTH)
        sheet = images_png(chosen.images.x_train[shown], COLUMNS, SAMPLES_WIDTH)
        st.image(sheet, alt=f"{name}: {len(shown)} training images", width=SAMPLES_WIDTH)
