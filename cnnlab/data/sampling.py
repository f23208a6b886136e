"""Which images a training learns from, which it validates with, and their order in each epoch."""

import numpy as np

# Independent streams of random numbers, each drawn from the run's one seed.
SPLIT_STREAM, ORDER_STREAM = 1, 2


def split_indices(labels: np.ndarray, images: int, apart: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which images to learn from and which to validate with: (images - apart,) and (apart,) indices.

    `images` are drawn from all whose `labels`, (N,), are given, and `apart` of these set apart.
    """
    drawn = stratified_order(labels, np.random.default_rng([seed, SPLIT_STREAM]))[:images]
    # Validation comes first, while every class still has its turns: the end may lack the smallest classes.
    return drawn[apart:], drawn[:apart]


def stratified_order(labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A random order of all images in which the classes take turns: (N,) labels to (N,) indices.

    Until the smallest class is used up, any stretch of it holds every class equally often, give or
    take one image. After that the remaining classes go on taking turns.
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

    It depends on seed and epoch alone, so a training that is continued sees what it would have seen.
    """
    return np.random.default_rng([seed, ORDER_STREAM, epoch]).permutation(n).astype(np.int32)
