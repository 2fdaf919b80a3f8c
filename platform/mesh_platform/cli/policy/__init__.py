"""`mesh policy`: what is asked of the mesh, what was found, and why."""
