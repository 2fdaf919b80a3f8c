"""Rows that broke a contract: kept beside the port they were not published in, with the rule and the reason."""
