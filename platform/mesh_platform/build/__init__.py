"""Transformation: a domain's dbt project turns what was read into candidates of its ports."""
