"""Dagster: domains as code locations, ports as assets with checks, runs from the command line, and their history."""
