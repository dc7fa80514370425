"""Step models behind an OpenAI-compatible server: log-probabilities, a menu, or votes."""
