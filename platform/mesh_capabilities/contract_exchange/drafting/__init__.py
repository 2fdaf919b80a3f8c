"""Drafts of contracts, made from what is there already: a Parquet file, a dbt model."""
