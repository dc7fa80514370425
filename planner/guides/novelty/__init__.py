"""Novelty: whether a state makes an atom true that no comparable state before it did."""
