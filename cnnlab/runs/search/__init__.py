"""Finding runs among all that are stored: a query, its conditions, and the search itself."""
