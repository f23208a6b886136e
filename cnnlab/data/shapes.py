"""Ten kinds of shapes, drawn by arithmetic: at any place, in any size, turn and colour.

A dense network has to learn every shape anew at every place; a convolution finds it wherever it is. The
images are made from a seed, with the same bytes on every machine: random numbers are those of PCG64, whose
stream NumPy keeps, and everything else is + - * / and square roots in float64, which IEEE 754 rounds in one
way only. There is no sine and no sum over an array: their last bits differ between processors.

A shape is a function of signed distances, below 0 inside, in a square from -1 to 1 (see I. Quilez, "2D
distance functions", https://iquilezles.org/articles/distfunctions2d). The share of a pixel that it covers
follows from the distance of the pixel's centre, so that edges are smooth.
"""

from collections.abc import Callable

import numpy as np

SIDE = 32  # pixels
SEED = 1998  # any fixed number would do; another one makes other images
SIZES = 8.0, 12.0  # pixels from a shape's centre to the edge of its square
MARGIN = 1.0  # pixels between a shape's square, before it is turned, and the edge of the image
DARKEST_INK, LIGHTEST_PAPER = 0.55, 0.35  # of red, green and blue: a shape is lighter than its background
SHADE = 0.08  # by how much the background is at most lighter or darker at each edge of the image
NOISE = 0.03  # by how much a pixel is at most lighter or darker
BLOCK = 500  # images that are drawn at once; another number makes other images

Distances = Callable[[np.ndarray, np.ndarray], np.ndarray]

# A fifth of a turn: cosine and sine of 72 and 144 degrees, by square roots.
_ROOT = np.sqrt(5.0)
COS_72, SIN_72 = (_ROOT - 1) / 4, np.sqrt(10 + 2 * _ROOT) / 4
COS_144, SIN_144 = -(_ROOT + 1) / 4, np.sqrt(10 - 2 * _ROOT) / 4
FIFTHS = ((1.0, 0.0), (COS_72, SIN_72), (COS_144, SIN_144), (COS_144, -SIN_144), (COS_72, -SIN_72))
HALF_ROOT_3, HALF_ROOT_2 = np.sqrt(3.0) / 2, np.sqrt(2.0) / 2


def draw(count: int, stream: int) -> tuple[np.ndarray, np.ndarray]:
    """Draws images, every kind equally often, give or take one, in a random order.

    Args:
        count: How many.
        stream: Other images for each number from 0 on.

    Returns the images, (count, 32, 32, 3) uint8, and the numbers of their kinds in `SHAPES`, (count,) uint8.
    """
    generator = np.random.Generator(np.random.PCG64([SEED, stream]))
    order = np.argsort(generator.random(count), kind="stable")
    labels = (order % len(SHAPES)).astype(np.uint8)
    blocks = [_images(labels[start : start + BLOCK], generator) for start in range(0, count, BLOCK)]
    return np.concatenate(blocks), labels


def _images(labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """(n,) kinds to (n, 32, 32, 3) uint8."""
    count = len(labels)
    size = SIZES[0] + (SIZES[1] - SIZES[0]) * generator.random(count)
    room = SIDE / 2 - MARGIN - size  # how far a centre may be from the middle of the image
    centre_x, centre_y = room * (2 * generator.random((2, count)) - 1)
    cosine, sine = _directions(count, generator)
    pixels = np.arange(SIDE) + 0.5 - SIDE / 2
    x = pixels[None, None, :] - centre_x[:, None, None]
    y = pixels[None, :, None] - centre_y[:, None, None]
    cosine, sine, scale = (each[:, None, None] for each in (cosine, sine, size))
    u, v = (cosine * x + sine * y) / scale, (cosine * y - sine * x) / scale  # (n, 32, 32)
    covered = np.empty_like(u)
    for kind, distances in enumerate(SHAPES.values()):
        of_kind = labels == kind
        inside = -distances(u[of_kind], v[of_kind]) * scale[of_kind]  # in pixels
        covered[of_kind] = np.clip(inside + 0.5, 0.0, 1.0)
    return _colored(covered, pixels, generator)


def _colored(covered: np.ndarray, pixels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """(n, 32, 32) shares that a shape covers to (n, 32, 32, 3) uint8: in two colours, shaded, with noise."""
    count = len(covered)
    ink = DARKEST_INK + (1 - DARKEST_INK) * generator.random((count, 3))
    paper = LIGHTEST_PAPER * generator.random((count, 3))
    across, down = SHADE * (2 * generator.random((2, count)) - 1) / (SIDE / 2)
    shade = across[:, None, None] * pixels[None, None, :] + down[:, None, None] * pixels[None, :, None]
    noise = NOISE * (2 * generator.random(covered.shape) - 1)
    background = paper[:, None, None, :] + shade[..., None]
    mixed = background + (ink[:, None, None, :] - background) * covered[..., None] + noise[..., None]
    return (np.clip(mixed, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)


def _directions(count: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and sines of random angles: points drawn in the unit disc, projected onto its edge."""
    x, y = 2 * generator.random((2, count)) - 1
    while len(refused := np.flatnonzero(~_in_disc(x, y))):
        x[refused], y[refused] = 2 * generator.random((2, len(refused))) - 1
    length = np.sqrt(x * x + y * y)
    return x / length, y / length


def _in_disc(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Whether a point is in the unit disc, and not so near its centre that the direction is coarse."""
    squared = x * x + y * y
    return (squared < 1) & (squared > 0.01)


def _disc(u: np.ndarray, v: np.ndarray, radius: float = 1.0) -> np.ndarray:
    return np.sqrt(u * u + v * v) - radius


def _box(u: np.ndarray, v: np.ndarray, half_width: float, half_height: float) -> np.ndarray:
    return np.maximum(np.abs(u) - half_width, np.abs(v) - half_height)


def _ring(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.abs(_disc(u, v, 0.78)) - 0.22


def _triangle(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Equilateral, its corners on the unit circle."""
    return np.maximum(HALF_ROOT_3 * np.abs(u) + 0.5 * v, -v) - 0.5


def _square(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return _box(u, v, 0.75, 0.75)


def _fifths(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """How far a point is in each of five directions, the least first: (5, …)."""
    return np.sort(np.stack([cosine * u + sine * v for cosine, sine in FIFTHS]), axis=0)


def _pentagon(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Its corners are on the unit circle."""
    return _fifths(u, v)[-1] + COS_144


def _star(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Five points on the unit circle: inside four of the five lines through them."""
    return _fifths(u, v)[-2] - COS_72


def _cross(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.minimum(_box(u, v, 0.95, 0.28), _box(u, v, 0.28, 0.95))


def _heart(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """A square on its corner, and half a disc on each of its upper sides."""
    side, low = 0.6, 0.2
    across, along = HALF_ROOT_2 * (u + v - low), HALF_ROOT_2 * (v - low - u)
    discs = np.minimum(_disc(across + side, along, side), _disc(across, along + side, side))
    return np.minimum(_box(across, along, side, side), discs)


def _crescent(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.maximum(_disc(u, v), -_disc(u - 0.5, v, 0.8))


def _arrow(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """A shaft, and a head that points to greater u."""
    head = np.maximum(HALF_ROOT_2 * (u + np.abs(v) - 0.95), -u)
    return np.minimum(head, _box(u + 0.45, v, 0.5, 0.22))


SHAPES: dict[str, Distances] = {
    "Circle": _disc,
    "Ring": _ring,
    "Triangle": _triangle,
    "Square": _square,
    "Pentagon": _pentagon,
    "Star": _star,
    "Cross": _cross,
    "Heart": _heart,
    "Crescent": _crescent,
    "Arrow": _arrow,
}
