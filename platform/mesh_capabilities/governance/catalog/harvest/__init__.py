"""Harvesters: each turns one part of the mesh, a file or a folder, into rows of facts."""
