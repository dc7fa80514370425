"""Hash sets of keys: telling new rows from known ones where the domain is large and sparse."""
