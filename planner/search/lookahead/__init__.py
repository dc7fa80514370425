"""Following relaxed plans as far as they go."""
