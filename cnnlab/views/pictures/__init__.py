"""Arrays as pictures (PNG)."""
