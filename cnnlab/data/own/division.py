"""Which images of a data set of one's own are for test, and whether every class has enough of them."""

import numpy as np

from cnnlab.data.own.choices import FILES, SHARE
from cnnlab.data.sampling import stratified_order
from cnnlab.errors import InputRefused
from cnnlab.words import count

TEST_STREAM = 4  # with the seed, it starts a stream of random numbers apart from those of a training
LEAST_TRAINING = 2  # of each class: one to learn from, one for validation
LEAST_TEST = 1
LEAST_IMAGES = 10  # for training in all, as the setting 'Training images' has it


def drawn_for_test(labels: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Draws the same share of each class for test: (N,) labels to (N,) bool.

    The share is rounded, and at least one image; at least `LEAST_TRAINING` are left for training, where the
    class has as many. The same arguments draw the same images.
    """
    order = stratified_order(labels, np.random.default_rng([seed, TEST_STREAM]))
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        own = order[labels[order] == label]
        number = min(max(LEAST_TEST, round(share * len(own))), max(0, len(own) - LEAST_TRAINING))
        chosen[own[:number]] = True
    return chosen


def check_division(labels: np.ndarray, for_test: np.ndarray, classes: tuple[str, ...]) -> None:
    """Raises `InputRefused` where a class has too few images for training, validation and test."""
    training = np.bincount(labels[~for_test], minlength=len(classes))
    test = np.bincount(labels[for_test], minlength=len(classes))
    for name, learnt, tested in zip(classes, training, test, strict=True):
        if learnt < LEAST_TRAINING or tested < LEAST_TEST:
            raise InputRefused(
                f"A class must have at least {LEAST_TRAINING} images for training and validation and "
                f"{LEAST_TEST} for test; '{name}' has {learnt} and {tested}: add images to it, or leave it "
                f"out, and choose again under '{FILES}'."
            )
    if training.sum() < LEAST_IMAGES:
        raise InputRefused(
            f"A data set must have at least {LEAST_IMAGES} images for training, and has "
            f"{count(int(training.sum()), 'image')}: add images under '{FILES}', or lower '{SHARE}'."
        )
