"""LM-cut: an admissible estimate from cuts of the relaxed task."""
