"""Components with code for the browser."""
