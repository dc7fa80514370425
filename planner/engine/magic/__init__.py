"""Bound goals: rules rewritten so that only what a goal asks for is derived (magic sets)."""
