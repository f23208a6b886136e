"""Images: which there are, where they lie, how they are divided, what is made of an upload or a drawing."""
