"""Which images are used for training and which for validation, and their order in each epoch."""

import numpy as np

# Together with the run's seed, each of these numbers starts an independent stream of random numbers.
SPLIT_STREAM, ORDER_STREAM = 1, 2


def split_indices(
    labels: np.ndarray, images: int, validation_count: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draws images for training and for validation, disjoint: their indices, two int arrays.

    Of all images, whose `labels` are (N,), `images` are drawn; `validation_count` of them are for validation,
    equally many of each class, but not more than half of a class while others have some to spare.
    """
    drawn = stratified_order(labels, np.random.default_rng([seed, SPLIT_STREAM]))[:images]
    needed = np.zeros(len(drawn), bool)  # for training
    for label in np.unique(labels):
        places = np.flatnonzero(labels[drawn] == label)
        needed[places[len(places) // 2 :]] = True
    # Validation takes the first ones: at the end, the smallest classes may be used up.
    spared_first = np.argsort(needed, kind="stable")
    train = np.sort(spared_first[validation_count:])
    return drawn[train], drawn[spared_first[:validation_count]]


def stratified_order(labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A random order of all images in which the classes take turns: (N,) labels to (N,) indices.

    Until the smallest class is used up, any stretch of it holds every class equally often, give or
    take one image. After that the remaining classes take turns.
    """
    order = generator.permutation(len(labels))
    shuffled = labels[order]
    by_class = np.argsort(shuffled, kind="stable")
    _, first, number = np.unique(shuffled[by_class], return_index=True, return_inverse=True)
    rounds, turns = np.empty_like(order), np.empty_like(order)
    rounds[by_class] = np.arange(len(labels)) - first[number]  # how many of its class come before it
    turns[by_class] = generator.permutation(len(first))[number]  # when its class has its turn in a round
    return order[np.lexsort((turns, rounds))]


def epoch_order(n: int, seed: int, epoch: int) -> np.ndarray:
    """The order of the n training images in this epoch: (n,) int32, a permutation of 0 to n - 1.

    It depends on seed and epoch alone, so a continued training sees the same order as an uninterrupted one.
    """
    return np.random.default_rng([seed, ORDER_STREAM, epoch]).permutation(n).astype(np.int32)
