"""A contract in the languages of other tools: dbt, JSON Schema, SQL, HTML."""
