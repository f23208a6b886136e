"""Demonstrations of what networks do, on the runs that were trained here."""
