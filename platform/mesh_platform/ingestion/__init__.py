"""Ingestion: source files become tables of the domain's private warehouse, and no row is lost unnoticed."""
