"""Open lists in flat arrays: buckets of equal keys, heaps for what buckets cannot hold."""
