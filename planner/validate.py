"""The independent validator of plans."""
