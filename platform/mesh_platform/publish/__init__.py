"""The domain factory: from a domain's files to its code location."""
