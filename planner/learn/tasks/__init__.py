"""Tasks to learn from, made from a rule base and its examples."""
