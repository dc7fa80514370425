"""Probabilities of what follows from uncertain facts and rules (ProbLog's semantics)."""
