"""What looks promising: judges of the legal steps of a state."""
