"""Builds, trains, inspects and converts networks: the only room that imports Keras."""
