"""The commands of `python -m cnnlab`."""
