"""Transformation: a domain's dbt project turns source tables and inputs into candidates of its ports."""
