"""Statistics on stored predictions: intervals, tests and what they allow one to say."""
