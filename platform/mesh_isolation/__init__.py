"""Holds foreign code to declared files: a process with rules of the kernel. Knows nothing of a data mesh."""
