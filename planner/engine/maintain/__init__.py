"""Fixpoints that follow their facts: adding, retracting, rolling back."""
