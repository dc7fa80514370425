"""Estimates of nodes that need more than their atoms."""
