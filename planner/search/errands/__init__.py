"""Plans as errands with walks between them, and how to make them shorter."""
