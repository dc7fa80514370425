"""Landmarks: what every plan must make true at some time, and in which order."""
