"""Data products: what a domain offers, who answers for it, which ports go in and out (ODPS)."""
