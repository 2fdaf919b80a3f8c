"""The sales domain: source-aligned products of the shop."""
