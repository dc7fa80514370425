"""What happened: the record of a search and its views."""
