"""What a person takes away: a script, a notebook, tables, a report."""
