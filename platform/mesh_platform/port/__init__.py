"""Output ports: Delta tables that change by one commit at a time, and only after an audit."""
