"""Holds code, SQL and text of others to what they may do: processes, the kernel, a locked engine. Knows nothing of a mesh."""
