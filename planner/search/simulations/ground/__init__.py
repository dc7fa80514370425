"""Simulations over the rows of a ground task."""
