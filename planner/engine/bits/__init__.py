"""Bit rows: relations as bit matrices, where a column of the head is only passed on."""
