"""Where steps lead: step spaces."""
