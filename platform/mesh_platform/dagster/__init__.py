"""Dagster: assets, checks, automation and runs of a mesh; the command line starts the same runs as the UI, in its process."""
