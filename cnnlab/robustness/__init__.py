"""Disturbed test images, and how much accuracy they cost."""
