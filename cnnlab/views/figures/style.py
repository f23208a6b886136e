"""What all figures share."""

SCALE = [[0, "#e8eaeb"], [1, "#0877bd"]]


CLEAR = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}


MAX_MARKERS = 60  # of one line; more cover it and its neighbours


GREY = "#8a8f98"  # readable on white and on black


SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")  # networks without colour


NO_NETWORKS = "No network to show: choose at least one that was tested."
