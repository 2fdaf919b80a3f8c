"""Change: what became of a promise between two versions of its contract, and which version number that asks for."""
