"""What the page Learn teaches: steps and exercise cards as data, and what their texts are filled with."""
