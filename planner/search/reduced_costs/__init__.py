"""Optimal search that estimates nodes late: LM-cut's reduced costs bound the children first."""
