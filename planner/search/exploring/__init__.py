"""Exploration by types of nodes, beside what estimates say."""
