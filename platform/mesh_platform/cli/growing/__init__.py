"""The verbs by which a mesh grows."""
