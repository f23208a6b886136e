"""The README's pictures of the pages, beside the script that makes them."""
