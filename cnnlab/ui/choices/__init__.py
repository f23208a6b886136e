"""Pickers that several pages share."""
