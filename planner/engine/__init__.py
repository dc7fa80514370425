"""What follows: forward chaining over columns."""
