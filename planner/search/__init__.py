"""What to do: search algorithms over the step-space protocol."""
