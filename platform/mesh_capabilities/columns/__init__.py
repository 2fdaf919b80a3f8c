"""Lineage: what is made of what, in columns and in versions, and whether it can be made again."""
