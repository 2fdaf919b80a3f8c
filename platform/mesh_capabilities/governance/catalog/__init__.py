"""The catalog: what is known of the mesh, as tables, harvested from its files, its commits and its runs."""
