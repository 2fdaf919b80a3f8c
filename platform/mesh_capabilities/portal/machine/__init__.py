"""What the portal offers to programs beside its pages: catalog.json, linked data, and the standard files themselves."""
