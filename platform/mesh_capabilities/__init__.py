"""The capabilities of a mesh beyond publishing: one folder for each; mesh.toml lists the enabled ones."""
