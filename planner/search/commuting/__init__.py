"""Strong stubborn sets of the compiled search."""
