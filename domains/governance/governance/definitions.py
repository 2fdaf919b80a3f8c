"""The governance code location: what the mesh knows of itself, published like everything else."""

from mesh_platform import MetadataSource, build_domain

defs = build_domain("governance", __file__, sources=[MetadataSource()])
