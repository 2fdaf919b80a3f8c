"""Policies: questions in SQL that the mesh asks of its own metadata, and what the answers mean for its products."""
