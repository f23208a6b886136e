"""All colours of figures and pictures, and the markers and dashes that differ with them.

No other Python file names a colour, and nothing depends on colour alone. The browser code repeats what
it needs; tests compare.
"""

from cnnlab.spec import Role

# The diverging colours of TensorFlow Playground: below zero, zero, above zero.
DIVERGING = "#f59322", "#e8eaeb", "#0877bd"
SEQUENTIAL = DIVERGING[1:]  # from zero up
GREYS = "#000000", "#808080", "#ffffff"

# The two networks of one comparison.
COLORS: dict[Role, str] = {"model": "#0877bd", "baseline": "#f59322"}
DASHES: dict[Role, str] = {"model": "solid", "baseline": "dot"}
SYMBOLS: dict[Role, str] = {"model": "circle", "baseline": "square"}
NAMES: dict[Role, str] = {"model": "the convolutional network", "baseline": "the dense-only baseline"}

# Any runs that are compared, by their place in the list.
COMPARED_COLORS = "#0877bd", "#f59322", "#2a9d6f", "#9c5fb5", "#c2423f", "#6b7a8f"
COMPARED_DASHES = "solid", "dash", "dot", "dashdot", "longdash", "longdashdot"
COMPARED_SYMBOLS = "circle", "square", "diamond", "triangle-up", "cross", "x"

GREY = "#8a8f98"  # lines and notes beside the data; readable on white and on black
PALE = "#c9ced6"  # what a network's colour is mixed with for its lesser parts
WHITE = "#ffffff"
CLEAR = "rgba(0, 0, 0, 0)"
FRAME = "#c2185b"  # around the selected cell
NOT_FINITE = "#c2185b"  # NaN and infinity, which a training that diverged leaves behind


def rgb(color: str) -> tuple[int, int, int]:
    """Red, green and blue, each from 0 to 255, of a colour such as '#0877bd'."""
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red, green, blue


def translucent(color: str, opacity: float) -> str:
    """A colour that lets through what is behind it; an opacity of 1 hides all of it."""
    return f"rgba{(*rgb(color), opacity)}"


def mixed(color: str, other: str, share: float) -> str:
    """A colour with a share, from 0 to 1, of another one in it."""
    pairs = zip(rgb(color), rgb(other), strict=True)
    return "#" + "".join(f"{round(first + (second - first) * share):02x}" for first, second in pairs)


def compared_symbol(number: int) -> str:
    """The marker of the compared run at a place, counted from 0."""
    return COMPARED_SYMBOLS[number % len(COMPARED_SYMBOLS)]


def compared_dash(number: int) -> str:
    """The dash of the compared run at a place, counted from 0."""
    return COMPARED_DASHES[number % len(COMPARED_DASHES)]
