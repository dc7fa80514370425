"""Monte-Carlo tree search on a graph of states kept in flat arrays."""
