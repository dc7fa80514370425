"""Wire the parts together."""
