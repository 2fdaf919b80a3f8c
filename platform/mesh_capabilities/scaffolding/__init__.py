"""Growing the mesh: what `mesh new` writes, takes back and brings up to date."""
