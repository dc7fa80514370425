"""Control rules learned from plans, and how they are run."""
