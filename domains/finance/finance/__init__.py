"""The finance domain: what was paid, what it is worth, and whether the books agree."""
