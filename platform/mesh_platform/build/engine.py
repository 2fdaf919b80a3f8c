"""What executes the SQL of all models, as a commit names it."""

from importlib.metadata import version

ENGINE = f"duckdb {version('duckdb')}"
