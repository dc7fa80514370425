"""Step models: learned guides. With `planner.learn` the only room that imports torch."""
