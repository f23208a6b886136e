"""The sidebar: the settings as controls."""
