"""The governance domain: the metadata of the mesh as data products."""
