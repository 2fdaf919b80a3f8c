"""Running the mesh from the command line: the same Dagster runs that the UI would start, in this process."""
