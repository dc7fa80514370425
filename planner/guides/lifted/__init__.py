"""Delete relaxation without grounding: a rule program over the facts of one state."""
