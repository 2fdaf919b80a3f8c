"""The catalog: the metadata of the mesh as tables, harvested from its files, its commits and its runs."""
