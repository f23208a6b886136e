"""How the two networks are told apart on every page: the ends of the diverging colour map, and words."""

from cnnlab.spec import Role

COLORS: dict[Role, str] = {"model": "#0877bd", "baseline": "#f59322"}
DASHES: dict[Role, str] = {"model": "solid", "baseline": "dot"}
SYMBOLS: dict[Role, str] = {"model": "circle", "baseline": "square"}
NAMES: dict[Role, str] = {"model": "the convolutional network", "baseline": "the dense-only baseline"}
