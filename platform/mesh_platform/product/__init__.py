"""Data products: what a domain offers, who owns it, and its input and output ports (ODPS)."""
