"""Whether this machine, its environment and the mesh's state are fit to run, and what to do where they are not."""
