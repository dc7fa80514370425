"""What the declarations of predicates mean to the engine: classes, extremes, single values."""
