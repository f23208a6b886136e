"""The dashboard's frame: navigation, the sidebar's controls, the live plot. No computing."""
