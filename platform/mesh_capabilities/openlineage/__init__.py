"""OpenLineage: the history of versions as run events, which other tools understand."""
