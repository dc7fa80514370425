"""The tiny tier: clauses as Python closures over dictionaries of rows.

For programs of up to a few thousand facts, where setting up an array costs more than the whole
evaluation.
"""
