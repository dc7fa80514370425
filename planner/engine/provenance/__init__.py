"""Why facts hold, as values of a semiring: truth, counts, costs, proofs, probabilities."""
