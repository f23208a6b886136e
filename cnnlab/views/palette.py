"""How the two networks are told apart on every page: the ends of the diverging colour map, and words."""

from cnnlab.spec import Role

COLORS: dict[Role, str] = {"model": "#0877bd", "baseline": "#f59322"}
DASHES: dict[Role, str] = {"model": "solid", "baseline": "dot"}
SYMBOLS: dict[Role, str] = {"model": "circle", "baseline": "square"}
NAMES: dict[Role, str] = {"model": "the convolutional network", "baseline": "the dense-only baseline"}


# From low over middle to high; the diverging ones are those of TensorFlow Playground.
DIVERGING = "#f59322", "#e8eaeb", "#0877bd"


GREYS = "#000000", "#808080", "#ffffff"


NOT_FINITE = "#c2185b"  # NaN and infinity, as left behind by a training that diverged
