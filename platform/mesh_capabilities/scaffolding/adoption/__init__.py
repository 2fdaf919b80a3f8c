"""A mesh of one's own: what of the repository belongs to the sample company goes, the platform stays."""
