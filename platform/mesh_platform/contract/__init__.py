"""Contracts: what a port promises, read from an ODCS file and executed on the candidate before it is published."""
