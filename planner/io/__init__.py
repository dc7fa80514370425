"""Text to and from knowledge; the only room that knows YAML and PDDL."""
