"""Lineage: which columns of a port come from which columns of another, read from the compiled SQL."""
