"""PDDL to and from knowledge."""
