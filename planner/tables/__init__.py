"""Rules over tables: facts from data frames, files and graphs, results as columns."""
