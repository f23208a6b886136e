"""What can be said about several trained networks, as sections that the page and the report both show."""
