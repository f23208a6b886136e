"""What pages read once a session."""
