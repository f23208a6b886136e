"""What is drawn: numbers in, figures and tables out. Pure functions, one file per family."""
