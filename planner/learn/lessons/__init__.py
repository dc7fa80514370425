"""What a step model is taught: states, and which of their steps are good."""
