"""Making plans shorter after they are found."""
