"""What is known: immutable values without input or output."""
