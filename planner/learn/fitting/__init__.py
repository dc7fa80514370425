"""Weights fitted to lessons, for each kind of model."""
