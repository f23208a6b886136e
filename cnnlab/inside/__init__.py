"""What layers compute, redone in NumPy so that it can be shown step by step."""
