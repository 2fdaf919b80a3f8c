"""Pictures drawn as SVG: the mesh, the surroundings of a product, and small charts over time."""
